const LONGEST_NAME = 200;

/** What Git's own rules (`git check-ref-format --branch`) refuse, each phrased to follow "the name". */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'is empty'],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Git forbids control characters in names
  [/[\x00-\x20\x7f]/, 'has a space or a control character'],
  [/[~^:?*[\\]/, 'has one of ~ ^ : ? * [ \\'],
  [/\.\./, 'has ".."'],
  [/@\{|^@$/, 'has "@{" or is "@"'],
  [/^-/, 'begins with "-"'],
  [/^\/|\/$|\/\//, 'has an empty part between slashes'],
  [/(?:^|\/)\./, 'has a part that begins with "."'],
  [/\.lock(?:\/|$)/, 'has a part that ends with ".lock"'],
  [/\.$/, 'ends with "."'],
  [/^HEAD$/, 'is HEAD'],
  [/^refs\//, 'begins with "refs/": leave that out'],
];

/** Why a name is none for a branch, or undefined. */
export function branchNameProblem(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`;
  return RULES.find(([pattern]) => pattern.test(name))?.[1];
}
