import type { AskedBecause, Budget, Deliver, RunError, WaitingFor } from '../store/states.ts';

/** One entry of an agent's plan, as the tool `update_plan` reports it. */
export type PlanStep = { title: string; status: 'pending' | 'inProgress' | 'done' };

/**
 * Everything that can stand in a run's durable event log. `data` is bounded in size, whatever the step did. Of a budget,
 * `limit` and `used` are steps, seconds, or US dollars, and `needed` is the least limit under which the next step may begin.
 */
export type RunEvent =
  /** `messageId` names the message that had been queued behind an earlier run, when the prompt is one. */
  | { type: 'run.queued'; data: { prompt: string; messageId?: string } }
  | { type: 'run.started'; data: Record<string, never> }
  | {
      type: 'run.waiting';
      data: { waitingFor: WaitingFor; until?: string; budget?: Budget; reason?: 'stuck' };
    }
  | { type: 'budget.warning'; data: { budget: Budget; limit: number; used: number } }
  | { type: 'budget.reached'; data: { budget: Budget; limit: number; used: number; needed: number } }
  /** As many runs of its organisation are at work as may be: it begins when one of them ends or waits. */
  | { type: 'run.heldBack'; data: Record<string, never> }
  | { type: 'run.paused'; data: { reason?: 'approvalExpired' } }
  | { type: 'run.resumed'; data: Record<string, never> }
  | { type: 'run.completed'; data: { summary: string } }
  | { type: 'run.failed'; data: RunError }
  | { type: 'run.cancelled'; data: Record<string, never> }
  /** `seq` is null for a message that starts a run of its own when this one is over. */
  | {
      type: 'message.received';
      data: { messageId: string; deliver: Deliver; seq: number | null; text: string };
    }
  | { type: 'message.edited'; data: { messageId: string; seq: number | null; text: string } }
  | { type: 'message.withdrawn'; data: { messageId: string; seq: number | null } }
  | { type: 'message.completed'; data: { stepNo: number; text: string; interrupted?: true } }
  | {
      type: 'model.retrying';
      data: { stepNo: number; failure: number; reason: string; retryAt: string; interruptedText?: string };
    }
  | {
      type: 'model.fallback';
      data: {
        stepNo: number;
        from: { provider: string; model: string };
        to: { provider: string; model: string };
        reason: string;
      };
    }
  | {
      type: 'toolCall.retrying';
      data: {
        toolCallId: string;
        stepNo: number;
        name: string;
        failure: number;
        reason: string;
        retryAt: string;
      };
    }
  | {
      type: 'approval.requested';
      data: {
        approvalId: string;
        toolCallId: string;
        stepNo: number;
        name: string;
        subject?: string;
        /** Left out in events that are older than the question. */
        because?: AskedBecause;
        expiresAt: string;
      };
    }
  | {
      type: 'approval.decided';
      data: {
        approvalId: string;
        toolCallId: string;
        decision: 'allow' | 'deny' | 'sendAgain' | 'leave';
      };
    }
  | { type: 'approval.expired'; data: { approvalId: string; toolCallId: string } }
  | { type: 'context.compacted'; data: { stepNo: number; coveredSteps: number; tokensBefore: number } }
  | {
      type: 'question.asked';
      /** Without `toolCallId` it is the engine that asks, because the run goes in circles. */
      data: { toolCallId?: string; stepNo: number; question: string; choices?: string[] };
    }
  | { type: 'output.saved'; data: { name: string; mediaType: string; bytes: number } }
  | { type: 'plan.updated'; data: { steps: PlanStep[] } }
  /** The run could not end with this step: what was asked for is not there yet. */
  | { type: 'result.refused'; data: { stepNo: number; message: string } }
  | { type: 'toolCall.started'; data: { toolCallId: string; stepNo: number; name: string; subject?: string } }
  | {
      type: 'toolCall.completed';
      data: { toolCallId: string; stepNo: number; name: string; subject?: string };
    }
  | {
      type: 'toolCall.failed';
      data: {
        toolCallId: string;
        stepNo: number;
        name: string;
        subject?: string;
        message: string;
        /** Of its user, who did not let it run, or left it as it was. */
        decision?: 'deny' | 'leave';
      };
    }
  | {
      type: 'toolCall.needsReview';
      data: {
        approvalId: string;
        toolCallId: string;
        stepNo: number;
        name: string;
        subject?: string;
        expiresAt: string;
      };
    }
  | { type: 'file.changed'; data: { path: string; change: 'created' | 'edited' | 'deleted' } }
  | { type: 'commit.created'; data: { sha: string; message: string; branch: string; files: number } }
  | { type: 'pullRequest.opened'; data: { number: number; title: string; url: string } };

export type RunEventType = RunEvent['type'];

/** What stands in the log of a DAG's execution beside the events of its nodes' runs. */
type DagEventType =
  | `execution.${'queued' | 'started' | 'waiting' | 'suspended' | 'resumed' | 'completed' | 'failed' | 'cancelled'}`
  | `node.${'started' | 'waiting' | 'resumed' | 'retrying' | 'completed' | 'failed' | 'skipped' | 'cancelled'}`;

/** An event as it was committed: `seq` is gapless within its run (E9), `at` is RFC 3339, `speech` fit to be read aloud. */
export interface StoredEvent {
  seq: number;
  type: RunEventType | DagEventType;
  data: Record<string, unknown>;
  speech: string | null;
  at: string;
}

/** A piece of model text while it streams: `from` counts UTF-16 units into the text of this attempt (an epoch). */
export interface MessageDelta {
  stepNo: number;
  attempt: number;
  from: number;
  text: string;
}
