"""What a chapter is said to use, and what it does: counted anew, in the same moment."""

BOTH = '''
    WITH RECURSIVE c AS (SELECT id FROM chapter WHERE slug = %s),
    node AS (
        SELECT n.id, n.size FROM dav_node n JOIN c ON n.chapter_id = c.id WHERE n.parent_id IS NULL AND NOT n.gone
        UNION ALL
        SELECT n.id, n.size FROM node p JOIN dav_node n ON n.parent_id = p.id WHERE NOT n.gone
    )
    SELECT (SELECT q.used FROM quota q JOIN c ON q.chapter_id = c.id)
           + (SELECT coalesce(sum(d.bytes), 0) FROM quota_delta d JOIN c ON d.chapter_id = c.id),
           (SELECT coalesce(sum(size), 0) FROM node)
           + (SELECT coalesce(sum(v.size), 0) FROM dav_version v JOIN node n ON n.id = v.node_id)'''


class Space:
    """Of one chapter: Space(stack)() gives its bytes, and the count must be as exact as it was at first: other tests put rows
    of theirs in by hand."""

    def __init__(self, stack, slug='jena'):
        self.stack, self.slug = stack, slug
        self.off = self.look()[1]

    def look(self):
        counted, there = self.stack.sql(BOTH, self.slug)[0]
        return counted, counted - there

    def __call__(self):
        counted, off = self.look()
        assert off == self.off, f'{self.slug}: {counted} bytes are counted, which is {off - self.off} too much'
        return counted
