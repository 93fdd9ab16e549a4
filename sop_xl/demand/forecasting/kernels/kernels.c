/* The recursions of exponential smoothing (ETS, complex exponential smoothing, dynamic Theta), fitted to one series
 * after another. `arrays.py` is the same in numpy, operation by operation, and gives the same bits: eight candidates
 * are tried side by side, every lane only adds, multiplies and divides, and no operation may be fused or reordered
 * (compile with -ffp-contract=off and without fast-math). No Python header is needed: ctypes calls these functions.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define LANES 8
#define DIMS 4
#define WORST 1e300
#define SMALL 1e-8
#define RENORM 16 /* steps between two takings of the exponent of a running product */

#if defined(_MSC_VER)
#define INLINE static __forceinline
#define EXPORT __declspec(dllexport)
#else
#define INLINE static inline __attribute__((always_inline))
#define EXPORT __attribute__((visibility("default")))
#endif

/* the same operations on wider registers where the processor has them; the results are the same bits */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__) && defined(__GLIBC__)
#define CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CLONES
#endif

#define EACH for (int k = 0; k < LANES; k++)

typedef double lanes[LANES];

typedef struct {
  int64_t batches, rounds;
  const double *grid;      /* batches x DIMS x LANES */
  const double *direction; /* DIMS x LANES */
  const double *lower, *upper, *step; /* DIMS */
} search_t;

INLINE double larger(double a, double floor) { return a > floor ? a : floor; }

/* natural logarithm from exact operations only, so that every machine gives the same */
INLINE double ln(double x) {
  int e;
  double m = frexp(x, &e);
  if (m < 0.70710678118654752) { m = m * 2.0; e = e - 1; }
  double s = (m - 1.0) / (m + 1.0), z = s * s;
  double p = 1.0 / 21.0;
  for (int i = 19; i >= 1; i -= 2) p = p * z + 1.0 / (double)i;
  return 2.0 * s * p + (double)e * 0.69314718055994531;
}

/* ---- exponential smoothing ---------------------------------------------------------------------------------- */

typedef struct {
  const double *y;
  int64_t n, m;
  double level0, trend0;
  const double *season0; /* m, by periods to the first future one */
  lanes *season;         /* m */
  lanes level, trend, sse, logs;
} ets_t;

INLINE void ets_pass(ets_t *q, const lanes *x, const int E, const int T, const int S, const int backwards, const int judge) {
  const int64_t n = q->n, m = q->m;
  lanes l, b, sse, product;
  int64_t exponent[LANES];
  EACH { l[k] = q->level[k]; b[k] = q->trend[k]; sse[k] = 0.0; product[k] = 1.0; exponent[k] = 0; }
  int64_t phase = S ? (backwards ? 1 % m : n % m) : 0;
  for (int64_t i = 0; i < n; i++) {
    const double y = q->y[backwards ? n - 1 - i : i];
    double *s = S ? q->season[phase] : 0;
    EACH {
      const double drift = T == 2 ? x[3][k] * b[k] : T == 1 ? b[k] : 0.0;
      const double base = T ? l[k] + drift : l[k];
      const double mu = S == 0 ? base : S == 1 ? base + s[k] : base * s[k];
      const double e = y - mu;
      if (judge) {
        if (E) {
          const double m1 = larger(mu, SMALL), r = e / m1;
          sse[k] = sse[k] + r * r;
          product[k] = product[k] * m1;
        } else sse[k] = sse[k] + e * e;
      }
      if (S == 2) {
        const double d = e / larger(s[k], SMALL);
        s[k] = s[k] + x[2][k] * (e / larger(base, SMALL));
        l[k] = base + x[0][k] * d;
        if (T) b[k] = drift + x[1][k] * d;
      } else {
        l[k] = base + x[0][k] * e;
        if (T) b[k] = drift + x[1][k] * e;
        if (S == 1) s[k] = s[k] + x[2][k] * e;
      }
    }
    if (judge && E && (i % RENORM == RENORM - 1)) EACH {
      int ex;
      product[k] = frexp(product[k], &ex);
      exponent[k] = exponent[k] + ex;
    }
    if (S) phase = backwards ? (phase + 1 == m ? 0 : phase + 1) : (phase == 0 ? m - 1 : phase - 1);
  }
  EACH { q->level[k] = l[k]; q->trend[k] = b[k]; }
  if (judge) EACH {
    q->sse[k] = sse[k];
    q->logs[k] = E ? ln(product[k]) + (double)exponent[k] * 0.69314718055994531 : 0.0;
  }
}

INLINE void ets_loss(ets_t *q, const lanes *given, lanes f, const int E, const int T, const int S) {
  lanes x[DIMS];
  EACH {
    x[0][k] = given[0][k];
    x[1][k] = T ? given[1][k] * given[0][k] : 0.0;
    x[2][k] = S ? given[2][k] * (1.0 - given[0][k]) : 0.0;
    x[3][k] = T == 2 ? given[3][k] : 1.0;
    q->level[k] = q->level0;
    q->trend[k] = T ? q->trend0 : 0.0;
  }
  if (S) for (int64_t j = 0; j < q->m; j++) EACH q->season[j][k] = q->season0[j];
  ets_pass(q, x, E, T, S, 0, 0);
  EACH q->trend[k] = -q->trend[k];
  ets_pass(q, x, E, T, S, 1, 0);
  EACH q->trend[k] = -q->trend[k];
  ets_pass(q, x, E, T, S, 0, 1);
  EACH {
    const double loss = E ? (double)q->n * ln(q->sse[k] / (double)q->n + 1e-300) + 2.0 * q->logs[k] : q->sse[k];
    f[k] = loss < WORST ? loss : WORST;
  }
}

/* the search: a coarse grid, then steps to the best of eight neighbours, halved where none is better; the last round
 * leaves the states of the best */
#define SEARCH(LOSS)                                                                                     \
  lanes x[DIMS], f;                                                                                      \
  double best[DIMS] = {0, 0, 0, 0}, step[DIMS], least = INFINITY;                                        \
  const int64_t last = how->batches + how->rounds;                                                       \
  for (int d = 0; d < DIMS; d++) step[d] = how->step[d];                                                 \
  for (int64_t round = 0; round <= last; round++) {                                                      \
    const int coarse = round < how->batches;                                                             \
    for (int d = 0; d < DIMS; d++) EACH {                                                                \
      if (coarse) x[d][k] = how->grid[(round * DIMS + d) * LANES + k];                                   \
      else if (round == last) x[d][k] = best[d];                                                         \
      else {                                                                                             \
        const double moved = best[d] + step[d] * how->direction[d * LANES + k];                          \
        x[d][k] = moved < how->lower[d] ? how->lower[d] : moved > how->upper[d] ? how->upper[d] : moved; \
      }                                                                                                  \
    }                                                                                                    \
    LOSS;                                                                                                \
    if (round == last) break;                                                                            \
    int won = -1;                                                                                        \
    EACH if (f[k] < least) { least = f[k]; won = k; }                                                    \
    if (won >= 0) for (int d = 0; d < DIMS; d++) best[d] = x[d][won];                                    \
    else if (!coarse) for (int d = 0; d < DIMS; d++) step[d] = step[d] * 0.5;                            \
  }

INLINE void ets_search(ets_t *q, const search_t *how, double *out, const int E, const int T, const int S) {
  SEARCH(ets_loss(q, x, f, E, T, S))
  for (int d = 0; d < DIMS; d++) out[d] = best[d];
}

#define ETS_FORM(E, T, S) case E * 9 + T * 3 + S: ets_search(&q, how, x, E, T, S); break;

/* Fits one form to every series: parameters x, final states, squared (relative) errors and sum of log forecasts. */
CLONES EXPORT int sop_ets(const double *y, const int64_t *length, int64_t series, int64_t width, int64_t m, int64_t form,
                   const double *level0, const double *trend0, const double *season0, const search_t *how,
                   double *out_x, double *out_level, double *out_trend, double *out_season, double *out_sse, double *out_logs) {
  lanes *season = malloc(sizeof(lanes) * (size_t)m);
  if (!season) return 1;
  for (int64_t i = 0; i < series; i++) {
    ets_t q = {0};
    double *x = out_x + i * DIMS;
    q.n = length[i]; q.m = m; q.y = y + (i + 1) * width - q.n;
    q.level0 = level0[i]; q.trend0 = trend0[i]; q.season0 = season0 + i * m; q.season = season;
    switch (form) {
      ETS_FORM(0, 0, 0) ETS_FORM(0, 1, 0) ETS_FORM(0, 2, 0) ETS_FORM(0, 0, 1) ETS_FORM(0, 1, 1) ETS_FORM(0, 2, 1)
      ETS_FORM(1, 0, 2) ETS_FORM(1, 1, 2) ETS_FORM(1, 2, 2)
      default: free(season); return 2;
    }
    out_level[i] = q.level[0]; out_trend[i] = q.trend[0]; out_sse[i] = q.sse[0]; out_logs[i] = q.logs[0];
    for (int64_t j = 0; j < m; j++) out_season[i * m + j] = form % 3 ? season[j][0] : 0.0;
  }
  free(season);
  return 0;
}

/* ---- complex exponential smoothing: kind 0 none, 1 simple, 2 partial, 3 full ---------------------------------- */

typedef struct {
  const double *y;
  int64_t n, m;
  const double *start; /* 4 x m: level, potential, season, its potential */
  lanes *level, *potential, *season, *other;
  lanes sse;
} ces_t;

INLINE void ces_pass(ces_t *q, const lanes *x, const int K, const int backwards) {
  const int64_t n = q->n, m = q->m;
  int64_t phase = K ? (backwards ? 1 % m : n % m) : 0;
  EACH q->sse[k] = 0.0;
  for (int64_t i = 0; i < n; i++) {
    const double y = q->y[backwards ? n - 1 - i : i];
    const int64_t j = K == 1 ? phase : 0;
    double *level = q->level[j], *potential = q->potential[j], *s = q->season[phase], *o = q->other[phase];
    EACH {
      const double l = level[k], c = potential[k], a0 = x[0][k], a1 = x[1][k];
      const double e = y - (K >= 2 ? l + s[k] : l);
      q->sse[k] = q->sse[k] + e * e;
      level[k] = l - (1.0 - a1) * c + (a0 - a1) * e;
      potential[k] = l + (1.0 - a0) * c + (a0 + a1) * e;
      if (K == 2) s[k] = s[k] + x[2][k] * e;
      if (K == 3) {
        const double s0 = s[k], o0 = o[k], b0 = x[2][k], b1 = x[3][k];
        s[k] = s0 - (1.0 - b1) * o0 + (b0 - b1) * e;
        o[k] = s0 + (1.0 - b0) * o0 + (b0 + b1) * e;
      }
    }
    if (K) phase = backwards ? (phase + 1 == m ? 0 : phase + 1) : (phase == 0 ? m - 1 : phase - 1);
  }
}

INLINE void ces_loss(ces_t *q, const lanes *x, lanes f, const int K) {
  const int64_t m = q->m;
  for (int64_t j = 0; j < m; j++) EACH {
    q->level[j][k] = q->start[j]; q->potential[j][k] = q->start[m + j];
    q->season[j][k] = q->start[2 * m + j]; q->other[j][k] = q->start[3 * m + j];
  }
  ces_pass(q, x, K, 0);
  ces_pass(q, x, K, 1);
  ces_pass(q, x, K, 0);
  EACH f[k] = q->sse[k] < WORST ? q->sse[k] : WORST;
}

INLINE void ces_search(ces_t *q, const search_t *how, double *out, const int K) {
  SEARCH(ces_loss(q, x, f, K))
  for (int d = 0; d < DIMS; d++) out[d] = best[d];
}

CLONES EXPORT int sop_ces(const double *y, const int64_t *length, int64_t series, int64_t width, int64_t m, int64_t kind,
                   const double *start, const search_t *how, double *out_x, double *out_states, double *out_sse) {
  lanes *memory = malloc(sizeof(lanes) * 4 * (size_t)m);
  if (!memory) return 1;
  for (int64_t i = 0; i < series; i++) {
    ces_t q = {0};
    double *x = out_x + i * DIMS, *states = out_states + i * 4 * m;
    q.n = length[i]; q.m = m; q.y = y + (i + 1) * width - q.n; q.start = start + i * 4 * m;
    q.level = memory; q.potential = memory + m; q.season = memory + 2 * m; q.other = memory + 3 * m;
    switch (kind) {
      case 0: ces_search(&q, how, x, 0); break;
      case 1: ces_search(&q, how, x, 1); break;
      case 2: ces_search(&q, how, x, 2); break;
      case 3: ces_search(&q, how, x, 3); break;
      default: free(memory); return 2;
    }
    for (int64_t j = 0; j < m; j++) {
      states[j] = q.level[j][0]; states[m + j] = q.potential[j][0];
      states[2 * m + j] = q.season[j][0]; states[3 * m + j] = q.other[j][0];
    }
    out_sse[i] = q.sse[0];
  }
  free(memory);
  return 0;
}

/* ---- dynamic optimised Theta: x = first level (in ranges from the first value), alpha, 1 - 1 / theta ----------- */

typedef struct {
  const double *y, *intercept, *slope;
  int64_t n;
  double range;
  lanes level, decay, sse;
} theta_t;

INLINE void theta_loss(theta_t *q, const lanes *x, lanes f) {
  lanes l, p, sse, keep, inverse;
  EACH {
    l[k] = q->y[0] + x[0][k] * q->range;
    p[k] = 1.0; sse[k] = 0.0;
    keep[k] = 1.0 - x[1][k];
    inverse[k] = 1.0 / x[1][k];
  }
  for (int64_t t = 0; t < q->n; t++) {
    const double y = q->y[t], a = q->intercept[t], b = q->slope[t];
    EACH {
      const double p2 = p[k] * keep[k];
      const double mu = l[k] + x[2][k] * (p[k] * a + (1.0 - p2) * inverse[k] * b);
      const double e = y - mu;
      if (t >= 2) sse[k] = sse[k] + e * e;
      l[k] = x[1][k] * y + keep[k] * l[k];
      p[k] = p2;
    }
  }
  EACH { q->level[k] = l[k]; q->decay[k] = p[k]; q->sse[k] = sse[k]; f[k] = sse[k] < WORST ? sse[k] : WORST; }
}

INLINE void theta_search(theta_t *q, const search_t *how, double *out) {
  SEARCH(theta_loss(q, x, f))
  for (int d = 0; d < DIMS; d++) out[d] = best[d];
}

/* intercept and slope: the least squares line known before each value, as long and aligned as y */
CLONES EXPORT int sop_theta(const double *y, const double *intercept, const double *slope, const int64_t *length,
                     int64_t series, int64_t width, const double *range, const search_t *how, double *out_x,
                     double *out_level, double *out_decay, double *out_sse) {
  for (int64_t i = 0; i < series; i++) {
    theta_t q = {0};
    q.n = length[i];
    const int64_t first = (i + 1) * width - q.n;
    q.y = y + first; q.intercept = intercept + first; q.slope = slope + first; q.range = range[i];
    theta_search(&q, how, out_x + i * DIMS);
    out_level[i] = q.level[0]; out_decay[i] = q.decay[0]; out_sse[i] = q.sse[0];
  }
  return 0;
}
