/** chainKey begins the keys of all that was read from the chain; invalidating it reads anew. */
export const chainKey = "chain";

/** unmoved is how often something is asked that no block touched, in ms; live tells of what one did. */
export const unmoved = 60_000;
