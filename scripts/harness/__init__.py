"""The harness: a real cluster of real processes on this machine, and what is done to it.

A run goes through these modules in this order, each readable alone:

    command    what was typed
    build      prerequisites, `swift build`, the binary
    workspace  where logs, reports and the nodes' own files go; gone again afterwards
    process    one child process: started, signalled, ended, never another one by mistake
    node       one `iridium agent`: its arguments, its log, its ready line
    follow     reads the logs as they grow and stamps each line with our own clock
    events     one line of a log as a value
    timeline   all events of all nodes; what each node believes; waiting until something is so
    cluster    N nodes: ports, key, seeds; kill, pause, resume, leave, restart
    stage      what a scenario may see and do
    scenarios  form, kill, pause, restart, leave, quiet, idle: one file each
    verdict    passed or not, by which limit, and whom to blame
    measure    memory, processor time and datagrams of a node, taken from outside
    report     report.json and junit.xml
    terminal   the lines a person reads

Python 3.9 or later, standard library only. Nothing here is random but by the seed of the run, and
no wait is without a bound.
"""
