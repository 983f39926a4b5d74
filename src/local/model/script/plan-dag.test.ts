import { describe, expect, it } from 'vitest';
import type { Exchange } from './conversation.ts';
import { planDag, reportOnParts } from './plan-dag.ts';

const conversation = (prompt: string, exchanges: Exchange[] = []) => ({
  offers: () => true,
  task: { prompt, newNote: undefined, turnsSoFar: exchanges.length, exchanges },
});
const planned = (prompt: string, exchanges: Exchange[] = []) =>
  planDag(conversation(prompt, exchanges)).calls?.[0]?.input.nodes;

describe('the scripted planner', () => {
  it('lets parts run side by side, and lets one wait that speaks of the one before', () => {
    expect(planned('Add a DELETE endpoint and document it')).toMatchObject([
      { id: 'add_delete_endpoint' },
      { id: 'document', dependsOn: ['add_delete_endpoint'] },
    ]);
    expect(planned('Count the files and list the tests')).toEqual([
      { id: 'count_files', task: 'Count the files.' },
      { id: 'list_tests', task: 'List the tests.' },
    ]);
    expect(planned('Read the code, and then write a summary')).toMatchObject([
      { id: 'read_code' },
      { id: 'write_summary', dependsOn: ['read_code'] },
    ]);
  });

  it('numbers the parts once it is told that two have the same id', () => {
    const refusal = {
      name: 'submit_dag',
      input: {},
      output: '- nodes.1.id: "test_api" is the id of nodes.0 too.',
      isError: true,
    };
    expect(planned('Test the API and test the API')).toMatchObject([{ id: 'test_api' }, { id: 'test_api' }]);
    expect(planned('Test the API and test the API', [refusal])).toMatchObject([
      { id: 'test_api_1' },
      { id: 'test_api_2' },
    ]);
  });

  it('calls a tool that it is told to use, and plans nothing where there is nothing to do', () => {
    expect(planned('Use the tool list_files')).toEqual([
      { id: 'use_tool_list', tool: 'list_files', input: {} },
    ]);
    expect(planDag(conversation('…')).calls).toBeUndefined();
  });

  it('reports on all parts in the end', () => {
    const nodes = planned('Read it, count it, and list it');
    expect(nodes).toHaveLength(4);
    const report = reportOnParts(
      conversation('Sum up what came of these parts of the goal "x":\n- a: Done. And more.\n- b: Two'),
    );
    expect(report?.text).toBe('These 2 parts are done.\na: Done.\nb: Two');
    expect(reportOnParts(conversation('Do it'))).toBeUndefined();
  });
});
