import { z } from 'zod';
import { defineTool } from './tool.ts';

export const updatePlan = defineTool({
  name: 'update_plan',
  description:
    'Shows the user the plan and how far it has come. Give all steps each time, in order, in a few words each.',
  effect: 'pure',
  trust: { readsPrivate: false, readsUntrusted: false, egress: false },
  input: z.strictObject({
    steps: z
      .array(
        z.strictObject({
          title: z.string().trim().min(1).max(200),
          status: z.enum(['pending', 'inProgress', 'done']),
        }),
      )
      .min(1)
      .max(30),
  }),

  async run(_context, { steps }) {
    const done = steps.filter((step) => step.status === 'done').length;
    return {
      output: `The plan is shown: ${done} of ${steps.length} steps done.`,
      events: [{ type: 'plan.updated', data: { steps } }],
    };
  },
});
