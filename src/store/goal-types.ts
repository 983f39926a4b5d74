/** A value that a prompt is filled in with. */
export type GoalValue = string | number | boolean;

/** Values by the name of their parameter. */
export type GoalValues = Record<string, GoalValue>;

/** What a prompt is to be filled in with. One that has no default must be given, unless it is not `required`. */
type GoalParameter = {
  type: 'string' | 'number' | 'boolean';
  description?: string | undefined;
  required?: boolean | undefined;
  default?: GoalValue | undefined;
};

/** Parameters by name. */
export type GoalParameters = Record<string, GoalParameter>;

/** A paused goal starts nothing by itself, an archived one nothing at all. */
export type GoalStatus = 'active' | 'paused' | 'archived';

/** What a schedule does when its agent is at a run. */
export type Overlap = 'skip' | 'queue' | 'cancelPrevious';

export type ScheduleStatus = 'active' | 'paused';

/** Why a schedule is paused. All but the first it did by itself. */
export type PausedReason = 'byRequest' | 'failures' | 'agentArchived' | 'parametersInvalid' | 'makerLeft';

/** What became of a slot. */
export type SlotOutcome = 'started' | 'queued' | 'skipped' | 'missed';

/** What a run takes from its goal; limits are the agent's where null. */
export interface OfGoal {
  goalId: string;
  /** The slot that it was started for, RFC 3339; null for one that somebody started. */
  slot: { scheduleId: string; slotAt: string } | null;
  maxSteps: number | null;
  maxCostMicroUsd: number | null;
  maxDurationSeconds: number | null;
  /** As text, because it passes through `jsonb`, which would sort its keys; null where the agent says. */
  outputSchema: string | null;
}
