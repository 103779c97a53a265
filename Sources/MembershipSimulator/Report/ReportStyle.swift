/// How a report looks: one set of colours for light, one for dark, chosen by the reader's system.
enum ReportStyle {
    static let css = """
        :root { color-scheme: light dark; --paper: #ffffff; --ink: #1c1f24; --soft: #5b6470;
          --grid: #e3e6ea; --alive: #cfe8d4; --suspect: #e8a317; --dead: #c62f2f; --left: #8a93a0;
          --fault: #5b6bd6; --c0: #1f6feb; --c1: #b45309; --c2: #7c3aed; --c3: #0f766e;
          --c4: #c62f2f; --good: #16703a; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14171c; --ink: #e6e9ee;
          --soft: #9aa4b1; --grid: #2b3038; --alive: #24452d; --suspect: #e0a52c; --dead: #ef5b5b;
          --left: #7d8794; --fault: #8f9cf5; --c0: #6ba4ff; --c1: #f0a04b; --c2: #b794f6;
          --c3: #4fc3b4; --c4: #ef5b5b; --good: #5cc98a; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.5 system-ui, sans-serif; }
        main { max-width: 1000px; margin: 0 auto; padding: 24px 20px 60px; }
        h1 { font-size: 26px; margin: 0 0 8px; }
        h2 { font-size: 19px; margin: 36px 0 4px; }
        p { margin: 0 0 8px; color: var(--soft); max-width: 46em; }
        p.good { color: var(--good); } p.bad { color: var(--dead); font-weight: 600; }
        figure { margin: 8px 0; overflow-x: auto; }
        svg { display: block; width: 100%; min-width: 560px; height: auto; }
        text { fill: var(--ink); font: 12px system-ui, sans-serif; }
        text.soft { fill: var(--soft); }
        table { border-collapse: collapse; margin: 12px 0; }
        th, td { text-align: left; padding: 2px 18px 2px 0; vertical-align: top;
          overflow-wrap: anywhere; }
        th { font-weight: 500; color: var(--soft); white-space: nowrap; }
        table.figures td { font-variant-numeric: tabular-nums; white-space: nowrap; }
        .grid { stroke: var(--grid); stroke-width: 1; fill: none; }
        .axis { stroke: var(--soft); stroke-width: 1; fill: none; }
        .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); }
        .c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); }
        .bar { fill: var(--c4); } .band { fill: var(--c0); opacity: 0.2; }
        .alive { fill: var(--alive); } .suspect { fill: var(--suspect); }
        .dead { fill: var(--dead); } .left { fill: var(--left); }
        .fault { fill: var(--fault); opacity: 0.16; }
        .ring { stroke: var(--fault); stroke-width: 1.5; fill-opacity: 0.2; opacity: 0.9; }
        """
}
