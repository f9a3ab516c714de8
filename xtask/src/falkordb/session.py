"""What FalkorDB's own client is told by a server, statement by statement: `session.py PORT fill|look`, a line of JSON each."""

import json
import sys

from falkordb import FalkorDB, Edge, Node, Path

# They make the graph, and change it in every way there is. Answers are compared as they are, so what has no order is sorted.
FILL = [
    "CREATE (:Person {name: 'Ada', born: 1815, tags: ['a', 'b']}), (:Person {name: 'Grace', born: 1906})",
    "CREATE (:Person {name: 'Edsger', born: 1930}), (:Person {name: 'Barbara', born: 1939}), (:Person {name: 'Donald', born: 1938})",
    "CREATE (:City {name: 'London', at: point({latitude: 51.5, longitude: -0.12})}), (:City {name: 'Rotterdam', at: point({latitude: 51.92, longitude: 4.47})})",
    "MATCH (p:Person {name: 'Ada'}), (c:City {name: 'London'}) CREATE (p)-[:LIVED {from: 1815, to: 1852}]->(c)",
    "MATCH (p:Person {name: 'Edsger'}), (c:City {name: 'Rotterdam'}) CREATE (p)-[e:LIVED {from: 1930}]->(c) RETURN p, e, c",
    "MATCH (a:Person {name: 'Ada'}), (b:Person) WHERE b.name <> 'Ada' CREATE (b)-[:KNOWS {weight: b.born / 100.0}]->(a)",
    "MATCH (a:Person {name: 'Barbara'}), (b:Person {name: 'Donald'}) CREATE (a)-[:KNOWS {weight: 0.5}]->(b)-[:KNOWS {weight: 1.5}]->(a)",
    "UNWIND range(1, 200) AS i CREATE (:Number {value: i, even: i % 2 = 0, root: sqrt(i)})",
    "MATCH (a:Number), (b:Number) WHERE b.value = a.value * 2 CREATE (a)-[:DOUBLE]->(b)",
    "MATCH (a:Number), (b:Number) WHERE b.value = a.value + 1 CREATE (a)-[:NEXT {step: 1}]->(b)",
    "CREATE INDEX FOR (p:Person) ON (p.name)",
    "CREATE INDEX FOR (n:Number) ON (n.value)",
    "CREATE INDEX FOR ()-[e:KNOWS]-() ON (e.weight)",
    "MERGE (p:Person {name: 'Alan'}) ON CREATE SET p.born = 1912, p.made = true RETURN p.name, p.born, p.made",
    "MERGE (p:Person {name: 'Alan'}) ON MATCH SET p.seen = 2 RETURN p.seen",
    "MATCH (p:Person {name: 'Alan'}) SET p += {died: 1954, place: 'Wilmslow'} RETURN p",
    "MATCH (p:Person {name: 'Alan'}) REMOVE p.made RETURN p",
    "MATCH (p:Person {name: 'Grace'}) SET p:Admiral RETURN labels(p)",
    "MATCH (p:Person {name: 'Grace'}) REMOVE p:Person SET p:Person RETURN labels(p)",
    "MATCH (n:Number) WHERE n.value > 190 DETACH DELETE n",
    "MATCH (:Number {value: 7})-[e:DOUBLE]->() DELETE e",
    "FOREACH (i IN range(1, 3) | CREATE (:Loop {i: i}))",
    "CREATE (:Mixed {s: 'text', i: -5, f: 1.25, b: false, l: [1, 'two', 3.0, [4]], n: NULL})",
    "CALL db.idx.fulltext.createNodeIndex('City', 'name')",
    "MATCH (p:Person {name: 'Nobody'}) RETURN p",
    "CREATE (:Person {name: 'Broken'",
    "MATCH (a) RETURN b",
    "RETURN 1 / 0",
    "RETURN toInteger('x') + 1",
    "CREATE INDEX FOR (p:Person) ON (p.name)",
]

# They only read.
LOOK = [
    "MATCH (p:Person) RETURN p.name, p.born ORDER BY p.born",
    "MATCH (p:Person) RETURN count(p), min(p.born), max(p.born), avg(p.born)",
    "MATCH (p:Person) RETURN p ORDER BY p.name LIMIT 3",
    "MATCH (p:Person)-[e]->(x) RETURN p.name, type(e), x.name ORDER BY p.name, type(e), x.name",
    "MATCH (p:Person)-[e:KNOWS]->(a) RETURN p.name, e.weight, a.name ORDER BY e.weight, p.name",
    "MATCH (p:Person)-[e:KNOWS]->() WHERE e.weight > 1.0 RETURN count(e)",
    "MATCH path = (p:Person {name: 'Edsger'})-[*1..2]->(x) RETURN path ORDER BY length(path), x.name",
    "MATCH (p:Person {name: 'Ada'})<-[:KNOWS]-(b) RETURN collect(b.name) AS names",
    "MATCH (p:Person) WHERE p.name STARTS WITH 'A' OR p.name CONTAINS 'ar' RETURN p.name ORDER BY p.name",
    "MATCH (p:Person) WHERE p.name IN ['Ada', 'Alan', 'Eve'] RETURN p.name ORDER BY p.name",
    "MATCH (p:Person) WHERE p.died IS NULL RETURN count(p)",
    "MATCH (p:Person) WITH p ORDER BY p.born DESC SKIP 1 LIMIT 2 RETURN p.name",
    "MATCH (p:Person) RETURN p.born / 100 AS century, count(*) AS many ORDER BY century",
    "MATCH (n:Number) RETURN count(n), sum(n.value), stDev(n.value)",
    "MATCH (n:Number) WHERE n.even RETURN n.value ORDER BY n.value DESC LIMIT 5",
    "MATCH (n:Number {value: 16}) RETURN n.root, n.even",
    "MATCH (a:Number {value: 3})-[:DOUBLE*1..5]->(b) RETURN b.value ORDER BY b.value",
    "MATCH (a:Number {value: 1}), (b:Number {value: 9}) RETURN length(shortestPath((a)-[:NEXT*]->(b)))",
    "MATCH (a:Number)-[:NEXT]->(b)-[:NEXT]->(c) WHERE a.value < 4 RETURN a.value, b.value, c.value ORDER BY a.value",
    "MATCH (a:Number {value: 7})-[e:DOUBLE]->() RETURN count(e)",
    "OPTIONAL MATCH (p:Person {name: 'Nobody'}) RETURN p",
    "MATCH (c:City) RETURN c.name, c.at ORDER BY c.name",
    "MATCH (a:City {name: 'London'}), (b:City {name: 'Rotterdam'}) RETURN round(distance(a.at, b.at))",
    "MATCH (m:Mixed) RETURN m",
    "MATCH (m:Mixed) RETURN m.l[1], m.l[3][0], size(m.l), m.n IS NULL, toString(m.f)",
    "MATCH (g:Admiral) RETURN labels(g), g.name",
    "MATCH (l:Loop) RETURN l.i ORDER BY l.i",
    "UNWIND [3, 1, 2] AS x RETURN x ORDER BY x",
    "UNWIND [1, 2, NULL, 2] AS x RETURN count(x), count(DISTINCT x), collect(x)",
    "RETURN [x IN range(1, 10) WHERE x % 3 = 0 | x * x] AS squares",
    "RETURN reduce(sum = 0, x IN [1, 2, 3] | sum + x), any(x IN [1, 2] WHERE x > 1), all(x IN [1, 2] WHERE x > 1)",
    "RETURN toUpper('abc'), substring('module', 1, 3), split('a,b,c', ','), replace('aba', 'a', 'x'), trim('  x '), reverse('abc')",
    "RETURN abs(-3), ceil(1.2), floor(-1.2), round(2.5), sign(-9), 7 % 3, 2 ^ 10, 7 / 2, 7 / 2.0",
    "RETURN CASE WHEN 1 > 2 THEN 'more' ELSE 'less' END, coalesce(NULL, 'x'), {a: 1, b: [2]}",
    "RETURN 1 = 1.0, 'a' < 'b', NULL = NULL, NOT true, true XOR true, [1, 2] + 3",
    "RETURN $name, $list, $map.a",
    "MATCH (p:Person) WHERE p.name = $name RETURN p.born",
    "MATCH (p:Person) RETURN p.name AS name UNION MATCH (c:City) RETURN c.name AS name",
    "MATCH (n) RETURN labels(n)[0] AS label, count(*) AS many ORDER BY label",
    "CALL db.labels() YIELD label RETURN label ORDER BY label",
    "CALL db.relationshipTypes() YIELD relationshipType RETURN relationshipType ORDER BY relationshipType",
    "CALL db.propertyKeys() YIELD propertyKey RETURN propertyKey ORDER BY propertyKey",
    "CALL db.indexes() YIELD label, properties, entitytype RETURN label, properties, entitytype ORDER BY label",
    "CALL db.idx.fulltext.queryNodes('City', 'lon*') YIELD node RETURN node.name",
    "CALL algo.pageRank('Person', 'KNOWS') YIELD node, score RETURN node.name, round(score * 1000) ORDER BY node.name",
    "MATCH (p:Person {name: 'Ada'}) CALL algo.BFS(p, 1, 'LIVED') YIELD nodes RETURN [n IN nodes | n.name]",
    "MATCH (a)-[e]->(b) RETURN count(e)",
    "MATCH (p:Person) WHERE NOT (p)-[:KNOWS]->() RETURN p.name ORDER BY p.name",
    "MATCH (p:Person) WHERE exists(p.seen) RETURN p.name, p.seen",
    "MATCH (x:Missing) RETURN count(x)",
    "MATCH (n:Number) WHERE n.value > 'a' RETURN count(n)",
    "RETURN unknownFunction(1)",
]

PARAMETERS = {"name": "Grace", "list": [1, "two", None, True], "map": {"a": 1.5}}


def plain(value):
    """The value as JSON has it."""
    if isinstance(value, Node):
        return {"node": value.id, "labels": value.labels, "properties": plain(value.properties)}
    if isinstance(value, Edge):
        ends = [getattr(end, "id", end) for end in (value.src_node, value.dest_node)]
        return {"edge": value.id, "type": value.relation, "ends": ends, "properties": plain(value.properties)}
    if isinstance(value, Path):
        return {"nodes": plain(value.nodes()), "edges": plain(value.edges())}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return repr(value)


STATISTICS = [
    "labels_added", "labels_removed", "nodes_created", "nodes_deleted", "properties_set", "properties_removed",
    "relationships_created", "relationships_deleted", "indices_created", "indices_deleted",
]


def answer(ask, statement):
    """What came of a statement, without the time it took."""
    try:
        parameters = PARAMETERS if "$" in statement else None
        result = ask(statement, parameters)
    except Exception as error:  # The text of an error is an answer as well.
        return {"error": str(error)}
    changed = {name: getattr(result, name) for name in STATISTICS if getattr(result, name)}
    header = [column[1] if isinstance(column, (list, tuple)) else column for column in result.header]
    return {"header": plain(header), "rows": plain(result.result_set), "changed": changed}


def main():
    port, part = int(sys.argv[1]), sys.argv[2]
    database = FalkorDB(host="127.0.0.1", port=port)
    graph = database.select_graph("session")
    statements, ask = (FILL, graph.query) if part == "fill" else (LOOK, graph.ro_query)
    for statement in statements:
        print(json.dumps([statement, answer(ask, statement)], sort_keys=True), flush=True)
    if part == "look":
        plan = str(graph.explain("MATCH (p:Person {name: 'Ada'})-[:KNOWS]->(b) RETURN b"))
        print(json.dumps(["EXPLAIN", plan]))
        print(json.dumps(["LIST", sorted(database.list_graphs())]))


main()
