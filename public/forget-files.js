import { forgetNotes } from './chosen-files.js';
import { dropAllFiles } from './kept-files.js';

/* Who is forgotten leaves no file in the browser either. */
forgetNotes();
dropAllFiles();
