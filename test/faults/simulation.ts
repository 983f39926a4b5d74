import type { Actor } from './actors.ts';
import type { Service } from './fault.ts';
import type { Plan, ReviewDecision } from './plan.ts';
import type { Seen } from './row-watch.ts';
import { TASKS } from './tasks.ts';
import type { Deed } from './user-act.ts';

/** A request of the product, as it left. */
interface Sent {
  service: Service;
  nth: number;
  actor: Actor['kind'];
  /** With names in place of ids, which differ from run to run. */
  what: string;
}

/** What came of one simulated run. */
export interface Simulated {
  /** Empty when all is well. */
  wrong: string[];
  /** Struck so often in one place that it failed, which only faults left to chance excuse. */
  gaveUp: boolean;
  /** It did its task, or was cancelled because its plan wanted that. */
  didWork: boolean;
  /** Where in `requests` faults struck; one of a delivery stands at the request before it. */
  struckAt: number[];
  /** Virtual time from the task to its end. */
  tookMs: number;
  requests: Sent[];
  deliveries: number;
}

/** What the user said about a call of which nobody knew whether it took effect. */
interface Review {
  toolCallId: string;
  decision: ReviewDecision;
}

/** A simulated run while it is under way. */
export interface Simulation {
  /** Of the agent, by which its runs are found. */
  name: string;
  plan: Plan;
  startedAtMs: number;
  /** When the run must have ended. */
  endsByMs: number;
  struckAt: number[];
  /** What the user did because the plan says so. */
  deedsDone: Deed[];
  wrong: string[];
  /** The agent's runs as the last statement left them, in the order in which they came. */
  runs: Map<string, Seen>;
  requests: Sent[];
  /** What the model was asked, word for word, the answer lost or not. */
  told: string[];
  /** The reviews that the user decided, by the id of the approval. */
  reviewed: Map<string, Review>;
  deliveries: number;
  comesAgain: boolean;
}

export function createSimulation(name: string, plan: Plan, nowMs: number): Simulation {
  return {
    name,
    plan,
    startedAtMs: nowMs,
    endsByMs: nowMs + TASKS[plan.task].plainMs + plan.extraMs,
    struckAt: [],
    deedsDone: [],
    wrong: [],
    runs: new Map(),
    requests: [],
    told: [],
    reviewed: new Map(),
    deliveries: 0,
    comesAgain: false,
  };
}

export const hasEnded = ({ row }: Seen): boolean => row.finished_at !== null;
