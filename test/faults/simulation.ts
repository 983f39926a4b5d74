import type { Actor } from './actors.ts';
import type { DeliveryMode, RequestMode, Service } from './fault.ts';
import type { Follower } from './follower.ts';
import type { Plan, ReviewDecision } from './plan.ts';
import type { Seen } from './row-watch.ts';
import { TASKS } from './tasks.ts';
import type { Move } from './transitions/moves.ts';
import type { Deed } from './user-act.ts';

/** A request of the product, as it left. */
export interface Sent {
  service: Service;
  nth: number;
  actor: Actor['kind'];
  /** Virtual time since the run began. */
  atMs: number;
  /** With names in place of ids, which differ from run to run. */
  what: string;
  /** What the run was at. */
  state: string;
  /** What its sender had made of the run before, as `commitStep → queued`; empty before the first. */
  after: string;
  mode: RequestMode | 'none';
  /** What it made of the agent's runs, the database's word on it lost or not. */
  moves: Move[];
}

/** What came of one simulated run. */
export interface Simulated {
  /** Empty when all is well. */
  wrong: string[];
  /** Struck so often in one place that it failed, which only faults left to chance excuse. */
  gaveUp: boolean;
  /** It committed a step of its task and gave nothing up. */
  didWork: boolean;
  /** Where in `requests` faults struck; one of a delivery stands at the request before it. */
  struckAt: number[];
  /** Virtual time from the task to its end. */
  tookMs: number;
  requests: Sent[];
  deliveries: number;
  /** What befell deliveries, in order. */
  deliveryFaults: DeliveryMode[];
  /** Committed ones of all its runs. */
  steps: number;
  /** The longest that an event took to a phone that follows; null when nobody did. */
  latestEventMs: number | null;
}

/** What the user said about a call of which nobody knew whether it took effect. */
interface Review {
  toolCallId: string;
  decision: ReviewDecision;
}

/** What a user said, and what the product told them when they changed it or took it back before anybody heard it. */
export interface Said {
  text: string;
  deliver: 'now' | 'afterRun';
  isEdited: boolean;
  isWithdrawn: boolean;
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
  /** What the product took from the user besides answers, by its text as it was said. */
  said: Map<string, Said>;
  /** What the model's answers cost that were not lost on their way, in millionths of a US dollar; what is still on its way is added as it ends. */
  billedMicroUsd: number;
  deliveries: number;
  deliveryFaults: DeliveryMode[];
  comesAgain: boolean;
  /** Whoever follows the first run. */
  follower: Follower | null;
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
    said: new Map(),
    billedMicroUsd: 0,
    deliveries: 0,
    deliveryFaults: [],
    comesAgain: false,
    follower: null,
  };
}

export const hasEnded = ({ row }: Seen): boolean => row.finished_at !== null;

/** The run that an actor holds, or the newest. */
export const runOf = ({ runs }: Simulation, actor: Actor): Seen | undefined =>
  runs.get(actor.runId ?? '') ?? [...runs.values()].at(-1);
