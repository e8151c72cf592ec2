// Why a question to a worker has no answer, apart from what the engine itself refuses.

/** A change came after the question: its answer would be one about files that are no more. */
export class Superseded extends Error {
  constructor() {
    super("a newer change came before the answer");
    this.name = "Superseded";
  }
}

/** The run took too long: its worker was ended, and a new one has the files. */
export class TimedOut extends Error {
  constructor(milliseconds) {
    super(`no answer within ${milliseconds} ms: the worker was ended and started again`);
    this.name = "TimedOut";
  }
}

/** The worker could not start, stopped, or was closed. */
export class WorkerFailed extends Error {
  constructor(message) {
    super(message);
    this.name = "WorkerFailed";
  }
}
