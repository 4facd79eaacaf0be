/** Which of the connections for state each topic is followed on; on the one for questions nothing is waited for. */
export const SLOTS = { catalog: 0, status: 1, schedules: 2, questions: 3 } as const;
