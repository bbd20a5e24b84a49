-- Before the dump: the files of the store that are elsewhere now; chapterctl adds the lines.
CREATE TABLE chapterd_restore.moved (sha256 text, kind text, owner int8, store int2);
COPY chapterd_restore.moved FROM STDIN;
