/**
 * chainKey is the first part of the query keys of everything read from the
 * chain; invalidating it reads everything again.
 */
export const chainKey = "chain";

/**
 * unmoved is the interval at which something untouched by blocks is queried, in
 * ms; live reports what a block touched.
 */
export const unmoved = 60_000;
