// The search index's form, the same where it is made and where it is read.
import { words } from "./words.mjs";

export const options = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page"],
  tokenize: words,
  searchOptions: { tokenize: words, boost: { title: 4, page: 2 }, combineWith: "AND", prefix: true, fuzzy: (word) => (/^[a-z]{5,}$/i.test(word) ? 0.2 : false) },
};
