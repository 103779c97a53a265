"""The harness: a real cluster of real processes on this machine, and what is done to it.

A run goes through these modules in this order, each readable alone:

    command    what was typed; options is what its actions share
    interrupt  Ctrl-C, a request to end, --timeout: unwinding at moments where that does no harm
    install    what is not here and may be installed
    build      prerequisites, `swift build`, the binary
    workspace  where logs, reports and the nodes' own files go; gone again afterwards
    ports      free loopback ports, side by side
    network    an address for each node: loopback, or
    namespaces a small network of our own that can lose, block and count
    process    one child process: started, signalled, ended, never another one by mistake
    cluster    N nodes: key and seeds; start, kill, pause, resume, leave, start again
    follow     reads the logs as they grow and stamps each line with our own clock
    events     one line of a log as a value
    timeline   all events of all nodes; what each node believes; waiting until something is so
    control    asking a node with the commands that a person types
    stage      what a scenario may see and do
    scenarios  kill, pause, partition, loss and many more: alike ones in one file
    hostile    what a stranger on the network may try, as a program of its own
    limits     how long things may take
    verdict    passed or not, by which limit, and whom to blame
    measure    memory, processor time and datagrams of a node, taken from outside
    schedule   which faults come when, by a seed; chaos plays them, chaos_command is its command line
    sampler    looks at every node once a second
    session    a run's place and cluster, set up and taken down
    run        one run from first to last
    report     report.json and junit.xml; page/ makes report.html of the former (report_command)
    terminal   the lines a person reads
    peers/     Iridium, serf and kinship behind the same few questions
    cells      what is measured of each alike; bars, what we have set ourselves to reach
    compare    several systems interleaved; compare_command is its command line
    lasting    clusters that stay: how to talk to them, how to end them
    tmux       REPLs side by side

and `suite` is scripts/test: all that the continuous integration runs (`telling`: of a failed step's
output, the lines that say why).

Python 3.9 or later, standard library only. Nothing here is random but by the seed of the run, and
no wait is without a bound.
"""
