/* A member that can call others and may not be callable at the address that it states.
 *
 * The member runs all the time, and learns by its own calls what is held against it. reach[o]: its address
 * answers observer o. In phase 0 that changes at any moment (splits, firewalls, addresses that disappear); in
 * phase 1 it is fixed. The deaths of phase 1 must be bounded, and the views must become equal.
 *
 * RULE 0     a higher incarnation revives the dead
 *      1     dead -> alive needs an answer at the stated address since the death
 *      2     dead -> alive by a statement alone only if the member has answered since it last became alive by
 *            a statement alone; otherwise as 1
 * RELAY      the proof that a relay brings counts as an answer
 * BURY       a newer record of a dead member that a sync brings together with its own verdict: dead -> dead
 * TELLSUSP   the member also hears of suspicions
 * WORDS=n    the suspicion of a member that has not answered since is ended by a statement alone n times
 * CREDIT     a member that has never answered is believed once, too
 * CALMFIRST  reach is fixed from the beginning (deaths are counted from there)
 */
#ifndef RULE
#define RULE 0
#endif
#define ALIVE 1
#define SUSP 2
#define DEAD 3
#ifndef MAXD
#define MAXD 2
#endif
#define LIMIT 14
#ifdef CREDIT
#define FIRST 1
#else
#define FIRST 0
#endif
bool reach[2]; byte st[2] = ALIVE; byte in[2] = 1; bool prv[2] = FIRST; byte deaths[2]; byte turns[2];
byte pi = 1; bool quiet; bool relay;
#ifdef RELAY
#define REACH(o) (reach[o] || reach[1-(o)])
#else
#define REACH(o) (reach[o])
#endif
#define LIVING(o) (st[o] != DEAD)
#if RULE == 0
#define REVIVES(o) 1
#elif RULE == 1
#define REVIVES(o) REACH(o)
#else
#define REVIVES(o) (prv[o] || REACH(o))
#endif
inline revive(o,i) {
  in[o] = i; st[o] = ALIVE;
  if :: REACH(o) -> prv[o] = 1 :: else -> prv[o] = 0 fi
}
inline adopt(o,i,verdict) {
  if
  :: i > in[o] && st[o] == DEAD ->
#ifdef BURY
       if :: verdict -> in[o] = i
          :: !verdict && REVIVES(o) -> revive(o,i) :: else fi
#else
       if :: REVIVES(o) -> revive(o,i) :: else fi
#endif
  :: i > in[o] && st[o] != DEAD ->
       in[o] = i;
#ifdef WORDS
       if :: st[o] == SUSP && !REACH(o) && turns[o] >= WORDS -> skip      /* stays suspect */
          :: st[o] == SUSP && !REACH(o) && turns[o] < WORDS -> turns[o]++; st[o] = ALIVE
          :: else -> st[o] = ALIVE fi
#else
       st[o] = ALIVE
#endif
  :: else fi
}
#ifdef BURY
#define BURIES 1
#else
#define BURIES 0
#endif
#define NEWS(o,i,v) (i > in[o] && (LIVING(o) || REVIVES(o) || (BURIES && (v))))
inline dies(o) { st[o] = DEAD; if :: quiet && deaths[o] < 3 -> deaths[o]++ :: else fi; assert(deaths[o] <= MAXD) }
#define OBS(o) \
  :: d_step { NEWS(o,pi,0) -> adopt(o,pi,0) }                                  /* it announces itself */ \
  :: d_step { REACH(o) && !prv[o] && LIVING(o) -> prv[o] = 1 } \
  :: d_step { REACH(o) && st[o] == SUSP -> prv[o] = 1; turns[o] = 0; st[o] = ALIVE } \
  :: d_step { !REACH(o) && st[o] == ALIVE -> st[o] = SUSP } \
  :: d_step { !REACH(o) && st[o] == SUSP -> dies(o) } \
  :: d_step { (st[o] == DEAD TELLS(o)) && in[o] == pi && pi < (quiet -> LIMIT : 4) -> pi++ }   /* it is told */ \
  :: d_step { NEWS(1-o,in[o],st[o] == DEAD) && (LIVING(o) || BURIES || LIVING(1-o)) -> adopt(1-o,in[o],(st[o] == DEAD)) } \
  :: d_step { st[o] == DEAD && st[1-o] == ALIVE && in[o] == in[1-o] -> st[1-o] = SUSP } /* hearsay */
#ifdef TELLSUSP
#ifndef WORDS
#define WORDS 100
#endif
#define TELLS(o) || (st[o] == SUSP && turns[o] < WORDS)
#else
#define TELLS(o)
#endif
active proctype world() {
  if :: reach[0] = 0 :: reach[0] = 1 fi; if :: reach[1] = 0 :: reach[1] = 1 fi;
#ifndef CALMFIRST
progress0:
  do
  :: d_step { pi < 4 -> reach[0] = !reach[0] } :: d_step { pi < 4 -> reach[1] = !reach[1] }
  OBS(0) OBS(1)
  :: break
  od;
#endif
  quiet = 1;
  do
  OBS(0) OBS(1)
  :: else -> break
  od;
  /* nothing left to do */
  assert(pi < LIMIT);
  if :: REACH(0) || REACH(1) ->
          assert(in[0] == in[1] && st[0] == st[1]);                       /* views are equal */
          if :: REACH(0) && REACH(1) -> assert(st[0] == ALIVE && in[0] == pi) :: else fi
     :: else -> assert(st[0] == DEAD && st[1] == DEAD && in[0] == in[1]) fi
}
