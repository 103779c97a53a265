"""The harness: a real cluster of real processes on this machine, and what is done to it.

`command` is what was typed. The rest has rooms:

    run/        one run: session (set up and taken down), run (first to last), stage (what a scenario
                may see and do), options, workspace (where logs and files go), interrupt (Ctrl-C and
                --timeout), limits, verdict; lasting and tmux for clusters that stay
    nodes/      the cluster: cluster (start, kill, pause, leave), process (one child process), network
                and namespaces (an address for each node), ports, follow, events and timeline (what
                nodes print), control (asking a node), sampler and measure (looking from outside)
    scenarios/  kill, pause, partition, loss and many more: similar ones share a file
    chaos/      schedule (which faults come when, by a seed), chaos (plays and judges them), command
    compare/    cells (what is measured), state_cells (what members publish, through faults), bars (the
                targets), compare (interleaved systems), command, peers/ (Iridium, serf, kinship and a
                service on memberlist behind the same few questions)
    page/       report (report.json and junit.xml), the pages made of it, command
    suite/      `scripts/test`: suite (the steps), telling (the lines that say why a step failed), build,
                install, terminal

Python 3.9 or later, standard library only. Nothing here is random but by the seed of the run, and
no wait is without a bound.
"""
