import type { Mutant } from '../mutant.ts';

/** Effects at GitHub, exactly once in effect, and the workspace that goes with them. */
export const EFFECTS: readonly Mutant[] = [
  {
    name: 'trailer-not-read',
    breaks: 'A commit whose answer was lost is taken for somebody else’s.',
    file: 'tools/commit-overlay.ts',
    find: 'return commits.find(({ message }) => carriesTrailer(message, toolCallId))?.sha ?? null;',
    replace:
      "return commits.find(({ message }) => message === '' && carriesTrailer(message, toolCallId))?.sha ?? null;",
    mix: ['github13:crashAfter', 'github*:crashAfter'],
  },
  {
    name: 'trailer-not-written',
    breaks: 'Nothing in a commit tells which call made it.',
    file: 'tools/commit-overlay.ts',
    find: 'message: withTrailer(message, toolCallId),',
    replace: 'message,',
    mix: [],
  },
  {
    name: 'branch-not-asked',
    breaks: 'A branch that moved although the answer was lost is moved again.',
    file: 'tools/commit-overlay.ts',
    find: 'if (now === sha) return true;',
    replace: '',
    mix: ['github13:answerLost', 'github22:answerLost', 'github22:gatewayLost'],
    survives: 'the next look at the branch finds the commit by its trailer',
  },
  {
    name: 'commit-of-today',
    breaks: 'A commit that is repeated is another one, as its date is not the plan’s.',
    file: 'tools/commit-overlay.ts',
    find: 'date: plannedAt,',
    replace: 'date: new Date().toISOString(),',
    mix: ['github12:crashAfter', 'github13:crashAfter', 'github22:freezeBefore'],
    survives:
      'a commit that reached the branch is found by its trailer, and one that did not is on no branch',
  },
  {
    name: 'pull-request-not-adopted',
    breaks: 'A pull request whose answer was lost fails the call.',
    file: 'tools/open-pull-request.ts',
    find: 'const open = mayExist ? await github.findOpenPull(repository, input) : null;',
    replace: 'const open = mayExist ? null : await github.findOpenPull(repository, input);',
    mix: ['github26:answerLost', 'github26:gatewayLost', 'github26:freezeBefore'],
    survives: 'the step is put off, and its repetition looks for the pull request before it asks for one',
  },
  {
    name: 'pull-request-not-looked-for',
    breaks: 'A pull request that is there already is asked for again.',
    file: 'tools/open-pull-request.ts',
    find: 'if (open) return report(open, workspace, toolCallId);',
    replace: '',
    mix: ['github26:crashAfter', 'github26:freezeAfter'],
    survives: 'GitHub refuses a second one between two branches, and a refusal is looked into',
  },
  {
    name: 'base-not-moved',
    breaks: 'The workspace stays on the commit before its own.',
    file: 'store/runs/workspace-changes.ts',
    find: 'base_sha = ${changes.baseSha}::text`',
    replace: 'base_sha = base_sha`',
    mix: [],
  },
  {
    name: 'edits-not-cleared',
    breaks: 'What was committed is still called an edit.',
    file: 'store/runs/workspace-changes.ts',
    find: 'if (changes.removed.length > 0) {',
    replace: 'if (changes.removed.length < 0) {',
    mix: [],
  },
];
