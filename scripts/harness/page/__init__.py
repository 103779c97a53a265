"""Reports for a person, made of the JSON that a run leaves: one self-contained HTML file, no script.

    svg        lines, bars, lanes and axes as text
    history    what each member was to the others over time, read off the events
    run        the page of a run: verdicts, lanes, convergence, traffic
    systems    the page of a comparison
    diff       two runs or two comparisons beside each other
    frame      the page around them: style for light and dark, tables
"""
