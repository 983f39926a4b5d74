import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDag, chooseParams } from './check.ts';
import { holds } from './condition.ts';
import { type DagDefinition, dagSchema } from './definition.ts';
import {
  dataIn,
  type Known,
  mentionsIn,
  parseReference,
  render,
  renderJson,
  Unresolved,
} from './references.ts';

const known = (params: Record<string, unknown>, outputs: Record<string, unknown> = {}): Known => ({
  params,
  outputs: new Map(
    Object.entries(outputs).map(([id, value]) => [
      id,
      { isSkipped: value === null, text: JSON.stringify(value), value },
    ]),
  ),
});

describe('references', () => {
  it('stand for what they point at, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const at = known({ x: { y: value } }, { a: { list: [value] } });
        expect(renderJson({ in: ['{{params.x.y}}'] }, at)).toEqual({ in: [value] });
        expect(renderJson('{{ nodes.a.output.list.0 }}', at)).toEqual(value);
      }),
    );
  });

  it('leave all other text as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(mentionsIn(text).length === 0);
        expect(render(text, known({}))).toBe(text);
      }),
    );
    const ofOthers = ['$', '{{ secrets.TOKEN }} {{name}}'].join('');
    expect(render(ofOthers, known({}))).toBe(ofOthers);
  });

  it('are not looked for in what came of a node', () => {
    const at = known({ secret: 'kept' }, { a: 'say {{params.secret}}', b: { c: '{{nodes.a.output}}' } });
    expect(render('{{nodes.a.output}} {{nodes.b.output.c}}', at)).toBe(
      'say {{params.secret}} {{nodes.a.output}}',
    );
    expect(renderJson({ body: '{{nodes.b.output}}' }, at)).toEqual({ body: { c: '{{nodes.a.output}}' } });
  });

  it('reach nothing but what is there', () => {
    for (const text of ['params.x.constructor', 'params.__proto__', 'nodes.a.output.1', 'params.y']) {
      expect(() => render(`{{${text}}}`, known({ x: {} }, { a: [1] }))).toThrow(Unresolved);
    }
    expect(parseReference('nodes.a.status')).toBeNull();
  });

  it('to something that was skipped are empty', () => {
    expect(render('[{{nodes.a.output.x}}]', known({}, { a: null }))).toBe('[]');
  });

  it('read JSON as models write it', () => {
    expect(dataIn('```json\n{"a": 1}\n```')).toEqual({ a: 1 });
    expect(dataIn('only text')).toBeUndefined();
  });
});

describe('a condition', () => {
  it('is asked of what is there, and never fails', () => {
    const at = known({ n: 3 }, { a: { ok: true } });
    expect(holds({ ref: 'params.n', in: [1, 3] }, at)).toBe(true);
    expect(
      holds(
        {
          all: [
            { ref: 'nodes.a.output.ok', equals: true },
            { ref: 'params.m', exists: false },
          ],
        },
        at,
      ),
    ).toBe(true);
    expect(holds({ any: [{ ref: 'params.n', notEquals: 3 }] }, at)).toBe(false);
    expect(holds({ not: { ref: 'nodes.gone.output', exists: true } }, at)).toBe(true);
  });
});

describe('a definition', () => {
  const dagOf = (nodes: DagDefinition['nodes']): DagDefinition => ({ name: 'x', nodes });

  it('has no problem when each node waits for earlier ones only, and one when it is bent into a circle', () => {
    const edges = fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 80 });
    fc.assert(
      fc.property(edges, (pairs) => {
        const nodes = Array.from({ length: 30 }, (_, at) => ({
          id: `n${at}`,
          task: 'x',
          dependsOn: pairs.filter(([to, from]) => to === at && from < at).map(([, from]) => `n${from}`),
        }));
        expect(checkDag(dagOf(nodes)).problems).toEqual([]);
        const [first, last] = [nodes[0], nodes[29]];
        if (!first || !last) throw new Error('there are thirty nodes');
        const bent = [
          { ...first, dependsOn: ['n29'] },
          ...nodes.slice(1, 29),
          { ...last, dependsOn: ['n0'] },
        ];
        expect(checkDag(dagOf(bent)).problems).toMatchObject([{ message: expect.stringContaining(' → ') }]);
      }),
    );
  });

  it('is bounded as a whole', () => {
    const chain = (many: number, behind: number) =>
      dagOf(
        Array.from({ length: many }, (_, at) => ({
          id: `n${at}`,
          task: 'x',
          dependsOn: Array.from({ length: Math.min(at, behind) }, (_, back) => `n${at - back - 1}`),
        })),
      );
    const fits = (dag: object) => dagSchema.safeParse(dag).success;
    expect([fits(chain(1_000, 1)), fits(chain(1_001, 1))]).toEqual([true, false]);
    expect([50, 51].map((parallelism) => fits({ ...chain(1, 0), parallelism }))).toEqual([true, false]);
    expect(checkDag(chain(1_000, 20)).problems).toEqual([]);
    expect(checkDag(chain(1_000, 21)).problems).toMatchObject([
      { field: 'nodes', message: expect.stringContaining('more than 20000') },
    ]);
  });

  it('takes defaults for what is not given', () => {
    const dag = { ...dagOf([]), params: { a: { default: 1 }, b: {} } };
    expect(chooseParams(dag, { b: 2 })).toEqual({ params: { a: 1, b: 2 }, problems: [] });
  });
});
