package journal

// Reached makes migrations report each step to do.
func Reached(do func(step string)) { reached = do }

// Schema is this build's schema.
const Schema = schema
