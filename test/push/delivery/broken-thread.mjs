/** Stands in for the sending thread: cannot even start. */
throw new Error('it cannot start');
