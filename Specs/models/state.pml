/* The state that one member publishes, and two observers of it.
 *
 * The owner is a process that writes a map of two keys: each version sets or removes one of them. It may be restarted
 * once: then it is another process, its map is empty, and its versions begin at 1 again. All statements that were
 * ever made stay on the network: each may reach each observer at any time, in any order, any number of times, or
 * never. A statement carries the changes of the versions above `since`, or with since 0 the whole map. Observers
 * compare with each other at any time. At the end both have the record of the last process, and one comparison with
 * the owner and one with each other are made.
 *
 * An observer takes a statement of the process that its record names, if the version is greater than the one that it
 * holds, and its changes begin at or before that one. Comparing takes the greater version whole.
 *
 * Asked: what an observer holds as version v of a process is what the owner published as v; a version of one process
 * never falls; at the end both hold what the owner published last. Left out: signatures, sizes, other members.
 *
 * ANYPROCESS  the greatest version holds, whichever process made it
 * ANYBASE     changes are applied to any version that is held, and the root is not compared
 * MERGE       comparing takes each key that the other has, without versions of the map
 * FIRST       of two versions the one that came first holds
 */
#define VERSIONS 3
#define AT(p, v) ((p) * 4 + (v))

byte last = 0;              /* the process that runs */
byte ver[2];                /* the last version of each */
byte map[8]; byte changed[8];
byte record[2];             /* the process that an observer's record names */
byte heldOf[2]; byte held[2]; byte values[2];
byte result; byte mask;

inline publish(key) {
    ver[last]++;
    map[AT(last, ver[last])] = map[AT(last, ver[last] - 1)] ^ (1 << (key));
    changed[AT(last, ver[last])] = 1 << (key)
}

/* All keys that changed in versions above since. */
inline collect(p, v, since) {
    mask = 0; result = since + 1;
    do :: result <= v -> mask = mask | changed[AT(p, result)]; result++ :: else -> break od
}

inline take(o, p, v, m) {
#ifndef ANYPROCESS
    assert(heldOf[o] != p || v > held[o]);
#endif
    heldOf[o] = p; held[o] = v; values[o] = m;
    assert(values[o] == map[AT(p, v)])
}

/* What is held of another process counts for nothing. */
#ifdef ANYPROCESS
#define HELD(o) held[o]
#define ISOF(o, p) 1
#else
#define HELD(o) (heldOf[o] == record[o] -> held[o] : 0)
#define ISOF(o, p) (p == record[o])
#endif
#ifdef FIRST
#define NEWER(o, v) (HELD(o) == 0)
#else
#define NEWER(o, v) ((v) > HELD(o))
#endif
#ifdef ANYBASE
#define APPLIES(o, p, since) (heldOf[o] == p && held[o] > 0)
#else
#define APPLIES(o, p, since) (heldOf[o] == p && held[o] >= since)
#endif

inline hear(o, p, v, since) {
    if
    :: ISOF(o, p) && NEWER(o, v) && since == 0 -> take(o, p, v, map[AT(p, v)])
    :: ISOF(o, p) && NEWER(o, v) && since > 0 && APPLIES(o, p, since) ->
        collect(p, v, since);
        result = (values[o] & ~mask) | (map[AT(p, v)] & mask);
        take(o, p, v, result)
    :: else
    fi
}

inline compare(o, other) {
    if
    :: record[o] == record[other] && heldOf[other] == record[o] && held[other] > 0 ->
#ifdef MERGE
        values[o] = (heldOf[o] == record[o] && held[o] > 0 -> values[o] | values[other] : values[other]);
        if :: HELD(o) < held[other] -> held[o] = held[other] :: else fi;
        heldOf[o] = record[o]
#else
        if :: NEWER(o, held[other]) -> take(o, record[o], held[other], values[other]) :: else fi
#endif
    :: else
    fi
}

byte o; byte p; byte v; byte since;

active proctype world() {
    do
    :: atomic { ver[last] < VERSIONS -> if :: publish(0) :: publish(1) fi }
    :: atomic { last == 0 -> last = 1 }
    :: atomic { record[0] == 0 && last == 1 -> record[0] = 1 }
    :: atomic { record[1] == 0 && last == 1 -> record[1] = 1 }
    :: atomic {
        select(o : 0..1); select(p : 0..1);
        if
        :: ver[p] > 0 ->
            v = 1; do :: v < ver[p] -> v++ :: break od;
            since = 0; do :: since < v - 1 -> since++ :: break od;
            hear(o, p, v, since)
        :: else
        fi;
        since = 0; v = 0; p = 0; o = 0; mask = 0; result = 0
      }
    :: atomic { if :: true -> compare(0, 1) :: true -> compare(1, 0) fi }
    :: break
    od;
    atomic {
        record[0] = last; record[1] = last;
        if :: ver[last] > 0 -> hear(0, last, ver[last], 0) :: else fi;
        compare(1, 0);
        if
        :: ver[last] > 0 ->
            assert(heldOf[0] == last && held[0] == ver[last] && values[0] == map[AT(last, ver[last])]);
            assert(heldOf[1] == last && held[1] == ver[last] && values[1] == map[AT(last, ver[last])])
        :: else
        fi
    }
}
