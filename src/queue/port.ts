/** A hint that a run can go on. All truth is in the run's row. */
export interface Dispatch {
  runId: string;
  dispatchNo: number;
}

/** A hint that a webhook can be sent. All truth is in the delivery's row. */
export interface WebhookHint {
  deliveryId: string;
  tryNo: number;
}

/** A hint that a schedule is due. Its slot is the schedule's own. */
interface ScheduleHint {
  scheduleId: string;
}

/** The queue that calls the API back. */
export interface Queue {
  /**
   * Publishes a dispatch, deduplicated by `runId.dispatchNo.sweepNo`.
   * @param dispatch.traceId the trace that the delivery belongs to
   * @returns false when it could not be published; the sweeper owns what was lost (E4)
   */
  publish(
    dispatch: Dispatch & { sweepNo: number; traceId: string | null; delayMs?: number },
  ): Promise<boolean>;
  /**
   * Publishes hints of webhooks, deduplicated by `deliveryId.tryNo.sweepNo`, so that no endpoint is asked more than a few things at once.
   * @returns false when they could not be published; the sweeper owns what was lost (E4)
   */
  publishWebhooks(
    deliveries: readonly (WebhookHint & { endpointId: string; sweepNo: number; delayMs: number })[],
  ): Promise<boolean>;
  /**
   * Checks a callback's signature over its raw body and our own address of it.
   * @param path the callback's path below PUBLIC_URL, such as `/api/v1/callbacks/run`
   */
  verify(input: { signature: string | undefined; body: string; path: string }): Promise<boolean>;
  /**
   * Has a schedule's hint sent by itself, under the schedule's own id: one that is known already is overwritten.
   * @param schedule.cron five fields, in numbers and lists
   * @param schedule.timeZone its IANA name
   * @returns false when it could not be told; the sweeper owns what was lost (E4)
   */
  putSchedule(schedule: ScheduleHint & { cron: string; timeZone: string }): Promise<boolean>;
  /** Forgets a schedule, known or not. @returns false when it could not be told */
  removeSchedule(scheduleId: string): Promise<boolean>;
  /** Publishes one hint of a schedule for later, deduplicated by its slot. @returns false when it could not be published */
  publishSchedule(hint: ScheduleHint & { slotAt: number; delayMs: number }): Promise<boolean>;
  /** Registers the hourly sweep, under a fixed id, so that repeating it changes nothing. */
  scheduleSweep(): Promise<void>;
  /** @throws when QStash does not answer; for the readiness report */
  ping(): Promise<void>;
}
