// Calls to a worker, in order. What waits is still here, so that it can be dropped before it runs; changes are quick, so
// that the call behind them is sent with them and the worker never waits for the page in between.
import { Superseded, TimedOut, WorkerFailed } from "./errors.js";

export class Calls {
  #spawn;
  #limits;
  #onDone;
  #replay;
  #worker;
  #waiting = [];
  // What the worker has, the one that it carries out first.
  #running = [];
  #timer;
  #next = 1;
  #closed;

  // `spawn` starts a worker, `replay` gives the calls that make it ready, `onDone` hears of each call that was carried out.
  constructor({ spawn, limits, replay, onDone }) {
    [this.#spawn, this.#limits, this.#replay, this.#onDone] = [spawn, limits, replay, onDone];
    this.#begin();
  }

  // Asks the worker. `fades` says that a newer change makes the answer worthless, `quick` that it takes no time.
  ask(method, args, { fades = false, quick = false, signal } = {}) {
    if (this.#closed) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const call = { id: this.#next++, method, args, fades, quick, resolve, reject, settled: false };
      signal?.addEventListener("abort", () => this.#drop(call, signal.reason), { once: true });
      this.#waiting.push(call);
      this.#advance();
    });
  }

  // A change is on its way: what was asked about the state before it is asked no more.
  supersede() {
    for (const call of [...this.#waiting, ...this.#running]) if (call.fades) this.#drop(call, new Superseded());
  }

  close(reason = new WorkerFailed("the session is closed")) {
    if (this.#closed) return;
    this.#closed = reason;
    for (const call of [...this.#end(reason), ...this.#waiting.splice(0)]) settle(call, reason);
  }

  #begin() {
    const worker = this.#spawn();
    worker.onmessage = ({ data }) => worker === this.#worker && this.#answered(data);
    worker.onerror = (event) => {
      if (worker === this.#worker) this.close(new WorkerFailed(`the worker failed: ${event?.message ?? "it did not start"}`));
    };
    this.#worker = worker;
    const setup = this.#replay().map((call) => ({ ...call, id: this.#next++, setup: true, settled: true }));
    this.#waiting.unshift(...setup);
    this.#advance();
  }

  #advance() {
    while (!this.#closed && this.#running.every(({ quick }) => quick)) {
      while (this.#waiting[0]?.settled && !this.#waiting[0].setup) this.#waiting.shift();
      const call = this.#waiting.shift();
      if (!call) return;
      try {
        this.#worker.postMessage({ id: call.id, method: call.method, args: call.args });
      } catch (error) {
        // An argument that cannot be sent, a function for example.
        settle(call, error);
        continue;
      }
      this.#running.push(call);
      if (this.#running.length === 1) this.#wait();
    }
  }

  // Watches the call that the worker carries out now.
  #wait() {
    clearTimeout(this.#timer);
    const [call] = this.#running;
    if (!call || call.setup) return;
    const { timeout, grace } = this.#limits;
    const milliseconds = call.settled ? Math.min(grace, timeout) : timeout;
    if (milliseconds === Infinity) return;
    this.#timer = setTimeout(() => this.#restart(new TimedOut(milliseconds)), milliseconds);
  }

  #answered({ id, value, error, trap }) {
    const [call] = this.#running;
    if (call?.id !== id) return;
    if (trap) return this.#restart(new WorkerFailed(`the engine stopped: ${error}`));
    this.#running.shift();
    this.#wait();
    if (error !== undefined) {
      // Setup that fails would fail again.
      if (call.setup) return this.close(new WorkerFailed(`the engine did not start: ${error}`));
      settle(call, new Error(error));
    } else {
      if (!call.setup) this.#onDone(call, value);
      settle(call, null, value);
    }
    this.#advance();
  }

  // Nobody waits for the call any more. One that runs gets a moment to end by itself, since a new worker costs more.
  #drop(call, reason) {
    if (call.settled) return;
    settle(call, reason);
    if (call === this.#running[0]) this.#wait();
  }

  #restart(reason) {
    const behind = this.#end(reason);
    // Setup of the worker that is gone.
    this.#waiting = [...behind, ...this.#waiting].filter((call) => !call.setup);
    this.#begin();
  }

  // Ends the worker, and with it the call that it carried out; returns those behind that one.
  #end(reason) {
    clearTimeout(this.#timer);
    const [[call, ...behind], worker] = [this.#running, this.#worker];
    [this.#running, this.#worker] = [[], null];
    worker?.terminate();
    if (call) settle(call, reason);
    return behind;
  }
}

function settle(call, error, value) {
  if (call.settled) return;
  call.settled = true;
  if (error) call.reject(error);
  else call.resolve(value);
}
