/* Two processes with one identity: exactly one must remain.
 *
 * Processes 0 and 1 (boots 0 and 1) share an identity; boot 2 is an earlier life, which is over. Each observer
 * holds one record of the identity. A process hears of itself by streams only: it calls an observer (join, sync);
 * a boot that is in no table is sent no datagrams.
 *
 * RULE 0  statements about ourselves that a stream brings never count
 *      1  contradicted twice by the boot that we replaced: stop
 *      2  1, and of two that have not replaced each other the greater boot stops, also at two
 *      3  graded: 2 (replaced it, greater boot), 4 (replaced it, lower boot), 6 (did not, greater), never
 *      4  3, but the process first calls the other at its address, and stops only if that boot answers; of two
 *         calls at once the one of the greater boot counts
 *      5  4, and where no call gets through it stops after six further contradictions
 *      6  at the first contradiction, the first peer list included, a process that replaced the other calls
 *         it; at the third the greater boot calls; it stops if that boot answers. Without a call: stop after 10
 *         (replaced it) or 14 (did not, greater)
 * NOCALL      neither can reach the other
 * NOISE=n     others suspect a process, which refutes (raises its incarnation) at any moment below n
 * OLD         statements of the earlier life may be heard late, incarnations up to OLD
 * SOLO        the second process never starts: then the first must not stop
 * LATER       if exactly one has replaced the other, that one stops
 * HALFSTREAM  the two lists of a join are taken in at different moments; joins run in parallel
 */
#ifndef RULE
#define RULE 0
#endif
#ifndef LIMIT
#define LIMIT 40
#endif
#ifndef OLD
#define OLD 1
#endif
#define NONE 3
#define NO 2

byte up[2];            /* 0 not started, 1 runs, 2 has stopped (IR-20) */
byte in[2];             /* its incarnation */
byte sup[2] = NONE;     /* the boot that it replaced when joining */
bool met[2];            /* has taken in its first peer list */
byte contra[2];            /* contradictions */
byte js[4]; byte ji[4]; byte jb[4];  /* joins, by 2*process+observer: stage, list as composed */
byte call[2]; bool answered[2];
bool greater1;          /* boot 1 is the greater */
bool known[NO]; byte ti[NO]; byte tb[NO];
byte oldfrom;           /* how many of the earlier life's statements are still unheard by an observer */

#define GREATER(p) ((p) == 1 && greater1 || (p) == 0 && !greater1)
/* core hash decides ties between boots: let it follow the boot, boot 2 lowest */
#define RANK(b) ((b) == 2 -> 0 : (GREATER(b) -> 2 : 1))
#define NEWER(i,b,I,B) ((i) > (I) || (i) == (I) && RANK(b) > RANK(B))
#define DIFFER(p,o) (!known[o] || ti[o] != in[p] || tb[o] != (p))

inline adopt(o,i,b) { if :: !known[o] || NEWER(i,b,ti[o],tb[o]) -> known[o] = 1; ti[o] = i; tb[o] = b :: else fi }

#define THRESHOLD(p,b,more) ((sup[p] == b && GREATER(p) && contra[p] >= 2+more) || (sup[p] == b && contra[p] >= 4+more) || (GREATER(p) && contra[p] >= 6+more))
#if RULE == 6
#define CALLS_AT(p,b) (sup[p] == b || (GREATER(p) && contra[p] >= 3))
#define GIVES_UP(p,b) ((sup[p] == b && contra[p] >= 10) || (GREATER(p) && contra[p] >= 14))
#else
#define CALLS_AT(p,b) STOPS(p,b)
#define GIVES_UP(p,b) THRESHOLD(p,b,6)
#endif
#if RULE == 1
#define STOPS(p,b) (sup[p] == b && contra[p] >= 2)
#elif RULE == 2
#define STOPS(p,b) (contra[p] >= 2 && (sup[p] == b || GREATER(p)))
#elif RULE >= 3
#define STOPS(p,b) THRESHOLD(p,b,0)
#else
#define STOPS(p,b) 0
#endif

/* a statement about our identity under another boot; list: our first peer list */
inline meet(p,i,b,list) {
  if
  :: b == (p) -> skip
  :: else ->
#if RULE == 0
     if :: sup[p] == NONE -> sup[p] = b :: else fi;
#else
     if :: list -> sup[p] = b :: else fi;
#endif
     if
     :: i >= in[p] ->
#if RULE > 0
        if
        :: !(list) && (RULE != 1 || sup[p] == b) -> contra[p]++
        :: else fi;
#endif
        if
#if RULE >= 4
#if RULE >= 5
        :: GIVES_UP(p,b) -> up[p] = 2
        :: !GIVES_UP(p,b) && CALLS_AT(p,b) && b < 2 && !call[p] && !answered[p] -> call[p] = 1; in[p] = i + 1
#else
        :: STOPS(p,b) && b < 2 && !call[p] && !answered[p] -> call[p] = 1; in[p] = i + 1
#endif
        :: else -> in[p] = i + 1
#else
        :: STOPS(p,b) -> up[p] = 2
        :: else -> in[p] = i + 1
#endif
        fi
     :: else
#if RULE == 6
        if :: list && b < 2 && !call[p] && !answered[p] -> call[p] = 1 :: else fi
#endif
     fi
  fi
}

/* a join: the observer composes its list; each side takes in the other's when it comes */
#define JOINS(p,o) \
  :: d_step { up[p] == 1 && js[2*p+o] == 0 && (PARALLEL || met[p] || js[2*p+1-o] == 0) -> js[2*p+o] = 1; \
       if :: known[o] -> ji[2*p+o] = ti[o]; jb[2*p+o] = tb[o] :: else -> ji[2*p+o] = 0; jb[2*p+o] = NONE fi } \
  :: d_step { js[2*p+o] == 1 -> js[2*p+o] = 2; adopt(o,in[p],p) } \
  :: d_step { up[p] == 1 && js[2*p+o] == 2 -> js[2*p+o] = 3; \
       if :: jb[2*p+o] != NONE -> meet(p,ji[2*p+o],jb[2*p+o],(!met[p])) :: else fi; met[p] = 1; \
       ji[2*p+o] = 0; jb[2*p+o] = 0 }
#ifdef HALFSTREAM
#define PARALLEL 1
#else
#define PARALLEL 0
#endif
/* a process announces itself (heartbeat, introduction, rumor); and compares views by a stream */
#define TELLS(p,o) \
  :: d_step { up[p] == 1 && met[p] && (!known[o] || NEWER(in[p],p,ti[o],tb[o])) -> adopt(o,in[p],p) } \
  :: d_step { up[p] == 1 && met[p] && known[o] && tb[o] != p && ti[o] >= in[p] && !call[p] -> meet(p,ti[o],tb[o],0) }
#define GOSSIP(o,q) \
  :: d_step { known[o] && (!known[q] || NEWER(ti[o],tb[o],ti[q],tb[q])) -> adopt(q,ti[o],tb[o]) }
#ifdef NOISE
#define REFUTES(p) :: d_step { up[p] == 1 && met[p] && in[p] < NOISE -> in[p]++ }
#else
#define REFUTES(p)
#endif
#define OLDLIFE(o) \
  :: d_step { oldfrom < OLD -> oldfrom++; adopt(o,oldfrom,2) }
#ifdef NOCALL
#define REACHES 0
#else
#define REACHES 1
#endif
#if RULE >= 4
#define CALLS(p) \
  :: d_step { call[p] == 1 && up[p] == 1 && REACHES && up[1-p] == 1 && !(call[1-p] && GREATER(1-p)) -> \
       call[p] = 2; answered[1-p] = 1; if :: call[1-p] == 1 -> call[1-p] = 0 :: else fi } \
  :: d_step { call[p] == 1 && up[p] == 1 && (!REACHES || up[1-p] != 1 || (call[1-p] && GREATER(1-p))) -> call[p] = 0 } \
  :: d_step { call[p] == 2 && up[p] == 1 -> up[p] = 2; call[p] = 0 }
#else
#define CALLS(p)
#endif

active proctype world() {
  if :: greater1 = 0 :: greater1 = 1 fi;
  do
  /* starts: with the incarnation file (1 more than the last life's), or without it (1); the copy has
     that of the moment of copying */
  :: d_step { up[0] == 0 -> up[0] = 1; in[0] = 2 }
  :: d_step { up[0] == 0 -> up[0] = 1; in[0] = 1 }
#ifndef SOLO
  :: d_step { up[1] == 0 -> up[1] = 1; in[1] = 2 }
  :: d_step { up[1] == 0 -> up[1] = 1; in[1] = 1 }
  :: d_step { up[1] == 0 && up[0] == 1 && in[0] < 5 -> up[1] = 1; in[1] = in[0] + 1 }
#endif
  OLDLIFE(0) OLDLIFE(1)
  JOINS(0,0) JOINS(0,1) JOINS(1,0) JOINS(1,1)
  TELLS(0,0) TELLS(0,1) TELLS(1,0) TELLS(1,1)
  GOSSIP(0,1) GOSSIP(1,0)
  REFUTES(0) REFUTES(1) CALLS(0) CALLS(1)
  :: else -> break
  od;
  /* nothing left to do: exactly one runs */
#ifdef SOLO
  assert(up[0] == 1)
#else
  assert(up[0] == 1 && up[1] == 2 || up[0] == 2 && up[1] == 1)
#endif
}

active proctype monitor() {
  end: do
  :: d_step { in[0] >= LIMIT || in[1] >= LIMIT -> assert(false) }   /* both go on for ever */
  :: d_step { up[0] == 2 && up[1] == 2 -> assert(false) }         /* none is left */
#ifdef SOLO
  :: d_step { up[0] == 2 -> assert(false) }
#endif
#ifdef LATER
  :: d_step { up[0] == 2 && sup[0] != 1 && sup[1] == 0 -> assert(false) }
  :: d_step { up[1] == 2 && sup[1] != 0 && sup[0] == 1 -> assert(false) }
#endif
  od
}
