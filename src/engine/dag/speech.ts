import type { DagSpeech } from '../../store/dag/turn.ts';

/** What is read aloud of an execution. What is not here is not for the ear. */
export const DAG_SPEECH: DagSpeech = {
  'execution.started': 'The parts of the job have begun.',
  'execution.waiting': 'All that is left waits for you.',
  'execution.suspended': 'The job is paused.',
  'execution.resumed': 'The job goes on.',
  'execution.completed': 'All parts of the job are done.',
  'execution.failed': 'The job has failed.',
  'execution.cancelled': 'The job was cancelled.',
  'node.waiting': 'The part % waits for you.',
  'node.failed': 'The part % has failed.',
};
