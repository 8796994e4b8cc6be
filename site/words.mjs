// Divides text into the words that are searched for: Chinese, which has no
// spaces, by the browser's own dictionary and by single characters.
const segmenter = new Intl.Segmenter("zh-CN", { granularity: "word" });
const han = /\p{Script=Han}/u;

/** words returns the words of a text or of a search. */
export function words(text) {
  const found = [];
  for (const part of text.split(/[\s\p{Z}\p{P}\p{S}]+/u)) {
    if (!han.test(part)) {
      if (part) found.push(part);
      continue;
    }
    for (const { segment, isWordLike } of segmenter.segment(part)) if (isWordLike) found.push(segment);
  }
  return found;
}
