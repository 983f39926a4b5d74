import { describe, expect, it } from 'vitest';
import { RUN, setUp, story } from './follow-bench.ts';

describe('following text', () => {
  it('cuts overlaps, and drops what belongs to finished steps and older attempts', async () => {
    const { clock, log, start, send, delta } = setUp();
    log.append(RUN, 'run.started');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    delta(1, 1, 0, 'I will ');
    delta(1, 1, 0, 'I will look');
    delta(1, 1, 3, 'ill');
    send(log.append(RUN, 'message.completed', { stepNo: 1, text: 'I will look' }));
    delta(1, 1, 11, ' too late');
    delta(2, 2, 0, 'Now');
    delta(2, 1, 0, 'Old');
    await clock.settle();
    expect(story(follower.items)).toEqual([
      '1',
      'delta 1.1@0 I will ',
      'delta 1.1@7 look',
      '2',
      'delta 2.2@0 Now',
    ]);
  });

  it('says when a new attempt takes back the text of a step', async () => {
    const { clock, log, start, send, delta } = setUp();
    log.append(RUN, 'run.started');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    delta(1, 1, 0, 'Half a sen');
    send(log.append(RUN, 'model.retrying', { stepNo: 1 }));
    delta(1, 2, 0, 'A whole sentence.');
    await clock.settle();
    expect(story(follower.items)).toEqual([
      '1',
      'delta 1.1@0 Half a sen',
      '2',
      'reset 1.2',
      'delta 1.2@0 A whole sentence.',
    ]);
  });

  it('gives who joins in mid-sentence the text so far first', async () => {
    const { clock, live, log, start, delta } = setUp();
    log.append(RUN, 'run.started');
    Object.assign(log.run(RUN), { epoch: 3, stepNo: 4 });
    live.setText(RUN, { stepNo: 5, attempt: 3, text: 'I will look' });
    const follower = start(log.runSource(RUN, 1));
    await clock.settle();
    expect(story(follower.items)).toEqual(['delta 5.3@0 I will look']);
    delta(5, 3, 7, 'look first');
    await clock.settle();
    expect(story(follower.items)).toEqual(['delta 5.3@0 I will look', 'delta 5.3@11  first']);
  });

  it('fills a hole from the text so far, and goes on without it when that is lost too', async () => {
    const { clock, live, log, start, delta } = setUp();
    log.append(RUN, 'run.started');
    const follower = start(log.runSource(RUN));
    await clock.settle();
    const asked = live.textReads();
    live.setText(RUN, { stepNo: 1, attempt: 1, text: 'one two ' });
    delta(1, 1, 4, 'two ');
    await clock.settle();
    for (let n = 0; n < 8; n++) {
      delta(1, 1, 20 + n, 'x');
      await clock.advance(100);
    }
    expect(live.textReads() - asked).toBe(1);
    delta(1, 1, 8, 'three');
    await clock.settle();
    expect(story(follower.items)).toEqual(['1', 'delta 1.1@0 one two ', 'delta 1.1@8 three']);
  });
});
