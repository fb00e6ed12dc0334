using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The table <c>pauses</c>. The methods that write run within a transaction of the writer.</summary>
internal static class PauseTable
{
    public static void Add(SqliteSession session, PauseScope scope, string name, DateTimeOffset now) => session.Execute(
        "INSERT OR IGNORE INTO pauses (scope, name, since) VALUES ($scope, $name, $since)",
        ("$scope", scope.Name()), ("$name", name), ("$since", SqliteTime.Write(now)));

    public static void Remove(SqliteSession session, PauseScope scope, string name) => session.Execute(
        "DELETE FROM pauses WHERE scope = $scope AND name = $name", ("$scope", scope.Name()), ("$name", name));

    public static IReadOnlyList<QueuePause> List(SqliteSession session)
    {
        using var row = session.Query("SELECT scope, name, since FROM pauses ORDER BY scope, name");
        var pauses = new List<QueuePause>();
        while (row.Read())
            pauses.Add(new(PauseScopeNames.Parse(row.Text(0)), row.Text(1), SqliteTime.Read(row.Text(2))));
        return pauses;
    }
}
