/* A healthy subject, one observer and one or more liars, in discrete time.
 *
 * Every message between the subject and the observer arrives within D ticks, the observer's claim included (by
 * rumor, by heartbeat or by telling the accused). The liars accuse the subject, to it and to the observer, at any
 * moment, each in its own name, and make up a verdict at any moment. The observer must never declare the subject
 * dead. More honest observers would add nothing: each decides for itself, and their probes do not fail.
 *
 * TMIN, TMAX  shortest and longest patience, in ticks
 * R           pause between two refutations
 * Q           quorum of accusers
 * NL          liars
 * T1          ticks between the final check and the verdict
 * ACK         the observer probes the accused at once and is answered (certain for N <= 6)
 */
#ifndef TMIN
#define TMIN 20
#endif
#ifndef TMAX
#define TMAX (4*TMIN)
#endif
#ifndef R
#define R 2
#endif
#ifndef D
#define D 2
#endif
#ifndef Q
#define Q 3
#endif
#ifndef NL
#define NL 1
#endif
#ifndef T1
#define T1 1
#endif
#ifndef ACK
#define ACK 0
#endif
#define NS (2*(D/R+2))
#define CAP (2*(D/R+2)+1)

bool susp; int age; byte lag; byte voices; bool ack; byte ackin;
byte cl; byte cllag;                 /* a claim on its way to the subject: 1 + ticks; how stale */
byte an[NS]; byte anlag[NS]; byte j;           /* announcements on their way to the observer */
byte pause; bool owed; byte re;      /* the subject's two limits */

#if Q == 1
#define PATIENCE TMIN
#elif Q == 2
#define PATIENCE (voices >= 2 -> TMIN : TMAX)
#else
#define PATIENCE (voices >= 3 -> TMIN : (voices == 2 -> TMAX - (TMAX-TMIN)*631/1000 : TMAX))
#endif
#define UP(x) if :: x < CAP -> x++ :: else fi

inline announce() {
  j = 0; do :: j < NS && an[j] -> j++ :: else -> break od;
  assert(j < NS); an[j] = 1; anlag[j] = 0; j = 0
}
inline refute() {
  UP(lag); for (j : 0 .. NS-1) { if :: an[j] -> UP(anlag[j]) :: else fi }
  if :: cl -> UP(cllag) :: else fi;
  pause = R; announce()
}
inline claimed(l) {
  if
  :: l == 0 && pause == 0 -> refute()
  :: l == 0 && pause > 0 -> owed = 1
  :: l > 0 && re == 0 -> re = R; announce()
  :: else
  fi
}
inline hear(n) {
  if :: anlag[n] < lag -> lag = anlag[n]; susp = 0; age = 0; voices = 0; ack = 0; ackin = 0 :: else fi;
  an[n] = 0; anlag[n] = 0
}

#if NS > 4
#define AN4 (an[4] <= D && an[5] <= D)
#else
#define AN4 1
#endif
#if NS > 6
#define AN6 (an[6] <= D && an[7] <= D)
#else
#define AN6 1
#endif
#if NS > 8
#define AN8 (an[8] <= D && an[9] <= D)
#else
#define AN8 1
#endif
active proctype world() {
  do
  /* the liars */
  :: d_step { voices < NL ->
       if :: !susp -> susp = 1; age = 0; ack = 0; ackin = ACK :: else fi; voices++ }
  :: d_step { !owed || pause == 0 -> claimed(0) }
  :: d_step { susp && !ack && 2*age >= PATIENCE -> assert(false) }         /* a verdict made up */
  /* the observer's own deadline */
  :: d_step { susp && age >= PATIENCE + T1 && (!ack || age >= 2*TMAX) -> assert(false) }
  /* messages may arrive before D */
  :: d_step { susp && cl == 0 -> cl = 1; cllag = lag }
  :: d_step { cl -> claimed(cllag); cl = 0; cllag = 0 }
#define HEARS(n) :: d_step { an[n] && (n == 0 || an[n] != an[n-1] || anlag[n] != anlag[n-1]) -> hear(n) }
  HEARS(0) HEARS(1) HEARS(2) HEARS(3)
#if NS > 4
  HEARS(4) HEARS(5)
#endif
#if NS > 6
  HEARS(6) HEARS(7)
#endif
#if NS > 8
  HEARS(8) HEARS(9)
#endif
  :: d_step { ackin -> ackin = 0; ack = 1 }
  /* a tick: what is due has arrived; the observer has told the accused */
  :: d_step { cl <= D && an[0] <= D && an[1] <= D && an[2] <= D && an[3] <= D && AN4 && AN6 && AN8 && ackin <= 2*D && !(susp && cl == 0 && !(owed && lag == 0)) && !(owed && pause == 0) ->
       if :: cl -> cl++ :: else fi; for (j : 0 .. NS-1) { if :: an[j] -> an[j]++ :: else fi }
       if :: ackin -> ackin++ :: else fi; if :: re -> re-- :: else fi;
       if :: susp -> age++ :: else fi;
       if :: pause -> pause-- :: else fi }
  :: d_step { owed && pause == 0 -> owed = 0; refute() }
  od
}
