// One event of one kind: who listens is called in order.

export class Signal<T = void> {
  #listeners: Array<(value: T) => void> = [];

  on(listener: (value: T) => void): void {
    this.#listeners.push(listener);
  }

  emit(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
}
