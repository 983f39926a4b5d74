import { describe, expect, it } from 'vitest';
import { describeTools, getTool, toolNames } from './catalog.ts';
import { comment } from './comment.ts';
import { validateCall } from './execute.ts';
import { defineTool } from './tool.ts';

const refusal = (name: string, input: unknown, allowed: readonly string[] = toolNames) => {
  const checked = validateCall(name, input, allowed);
  return checked.ok ? undefined : checked.message;
};

describe('validateCall', () => {
  it('hands over the tool and its input with paths normalised', () => {
    expect(validateCall('read_file', { path: './src/a.ts' }, toolNames)).toEqual({
      ok: true,
      tool: getTool('read_file'),
      input: { path: 'src/a.ts' },
    });
  });

  it('names the tools there are when it is asked for another', () => {
    expect(refusal('run_shell', {}, ['read_file'])).toBe('"run_shell" is not a tool. Use one of: read_file.');
    expect(refusal('commit', { message: 'x' }, ['read_file'])).toBe(
      '"commit" is not among the tools of this agent. Use one of: read_file.',
    );
  });

  it.each(['read_file', 'write_file', 'edit_file', 'delete_file', 'list_files', 'search_code'])(
    'refuses paths of %s that leave the repository or touch .git',
    (name) => {
      const rest = { content: '', oldText: 'a', newText: 'b', pattern: 'a' };
      const schemaKeys = Object.keys(describeTools([name])[0]?.inputSchema.properties ?? {});
      const given = Object.fromEntries(Object.entries(rest).filter(([key]) => schemaKeys.includes(key)));
      expect(refusal(name, { ...given, path: '../x' })).toContain('path: the path has a segment ".."');
      expect(refusal(name, { ...given, path: '.GIT/config' })).toContain('which belongs to Git itself');
    },
  );

  it.each([
    ['read_file', {}, 'path: expected string, received undefined'],
    ['read_file', { path: 'a', startLine: 0 }, 'startLine: '],
    ['read_file', { path: 'a', line: 1 }, 'Unrecognized key: "line"'],
    ['read_file', 'README.md', 'expected object, received string'],
    [
      'update_plan',
      { steps: [{ title: 'x', status: 'later' }] },
      'steps[0].status: expected one of "pending"',
    ],
    ['commit', { message: '  ' }, 'message: '],
  ])('says what is wrong with the input of %s %j', (name, input, message) => {
    expect(refusal(name, input)).toContain(message);
  });
});

describe('the catalogue', () => {
  it('describes tools as JSON Schema objects, in the order asked for', () => {
    const described = describeTools(['write_file', 'gone', 'commit']);
    expect(described.map(({ name }) => name)).toEqual(['write_file', 'commit']);
    expect(described[0]?.inputSchema).toEqual({
      type: 'object',
      properties: {
        path: { type: 'string', description: expect.any(String) },
        content: { type: 'string', description: expect.any(String) },
      },
      required: ['path', 'content'],
      additionalProperties: false,
    });
  });

  it('gives the same description every time, as prompt caches want', () => {
    expect(JSON.stringify(describeTools(toolNames))).toBe(JSON.stringify(describeTools(toolNames)));
  });

  it('says of what changes the world outside how it bears a repeat, and of what else can take data away', () => {
    const effect = (name: string) => getTool(name)?.effect;
    const outside = toolNames.filter((name) => effect(name) !== 'pure');
    expect(outside.map((name) => [name, effect(name)])).toEqual([
      ['commit', 'cas'],
      ['open_pull_request', 'cas'],
      ['create_branch', 'cas'],
      ['add_label', 'set'],
      ['comment', 'marked'],
      ['http_request', expect.objectContaining({ atWorst: 'marked' })],
      ['delegate', 'keyed'],
    ]);
    const leaving = toolNames.filter((name) => getTool(name)?.trust.egress !== false);
    expect(leaving).toEqual(['open_pull_request', 'comment', 'http_request']);
    expect(outside).toEqual(expect.arrayContaining(leaving));
  });

  it('takes no tool without an effect class', () => {
    const { effect: _, ...rest } = comment;
    // @ts-expect-error A tool that does not say what repeating it does must not compile.
    expect(defineTool(rest)).not.toHaveProperty('effect');
    // @ts-expect-error Nor one with a class that does not exist.
    expect(defineTool({ ...rest, effect: 'once' })).toHaveProperty('effect');
  });
});
