using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;
using OllamaProxy.Server.Commands;
using OllamaProxy.Storage.Copying;
using OllamaProxy.Tests.Storage.Copying;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Server.Commands;

/// <summary>The command <c>copy</c>, as people call it.</summary>
public sealed class PostgresCopyCommandTests : IAsyncLifetime
{
    private const string Secret = "s3cr3t";

    private CopyRig Rig { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Rig.DisposeAsync();

    [Theory]
    [InlineData(null, null, "copy needs --from sqlite:PATH", "copy needs --to sqlite:PATH")]
    [InlineData("sqlite:a", null, "copy needs --to sqlite:PATH")]
    [InlineData("mysql:s3cr3t", "sqlite:a", "--from must be sqlite:PATH or postgres:CONNECTION")]
    [InlineData("", "sqlite:a", "--from must be sqlite:PATH or postgres:CONNECTION")]
    [InlineData("sqlite:a", "postgres:Password=s3cr3t", "--to must have a connection string with a host")]
    [InlineData("sqlite:a", "postgres:s3cr3t", "--to must have a connection string with a host")]
    [InlineData("sqlite:a", "postgres:", "--to needs a connection string behind postgres:, or in OLLAMA_PROXY_POSTGRES.")]
    public void A_mistake_is_told_of_without_a_value(string? from, string? to, params string[] mistakes)
    {
        var refused = Assert.Throws<InvalidSettingException>(() => CopyCommand.Read(from, to, Settings()));
        Assert.Equal(mistakes.Length, refused.Mistakes.Count);
        Assert.All(mistakes, (mistake, at) => Assert.StartsWith(mistake, refused.Mistakes[at], StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite:/a/b.db", "postgres:Host=db;Database=q;Password=s3cr3t", "sqlite:/a/b.db", "postgres:q at db:5432")]
    [InlineData("postgres://me:s3cr3t@db:1/q", "sqlite:/a/b.db", "postgres:q at db:1", "sqlite:/a/b.db")]
    [InlineData("sqlite:", "postgres:", "sqlite:/set/queue.db", "postgres:set at there:5432")]
    public void Addresses_are_read_and_the_settings_stand_in_for_what_is_not_said(string from, string to, string source, string copy)
    {
        var read = CopyCommand.Read(from, to, Settings(
            ("OLLAMA_PROXY_DB", "/set/queue.db"), ("OLLAMA_PROXY_POSTGRES", "postgres://me:s3cr3t@there/set")));
        Assert.Equal((source, copy), (read.From.Name, read.To.Name));
    }

    [Theory]
    [InlineData("copy", 2, "copy needs --from")]
    [InlineData("copy --from sqlite:s3cr3t --to sqlite:b.db sqlite:s3cr3t", 2, "copy has an argument too many.")]
    [InlineData("copy --from sqlite:nosuch.db --to sqlite:b.db", 1, "There is no file ")]
    [InlineData("copy --from sqlite:other.db --to sqlite:b.db", 1, "other.db is no SQLite database.")]
    [InlineData("copy --from sqlite:nosuch.db --to sqlite:nosuch.db", 1, "The source and the copy are the same database")]
    [InlineData("copy --from postgres:Host=127.0.0.1;Port=1;Database=q;Password=s3cr3t --to sqlite:b.db", 1,
        "The database q at 127.0.0.1:1 cannot be reached")]
    public async Task What_cannot_be_copied_is_told_of_in_words(string arguments, int exitCode, string message)
    {
        await File.WriteAllTextAsync(Rig.Folder.File("other.db"), string.Concat(Enumerable.Repeat("This is no database. ", 100)));
        using var server = new ServerProcess(Rig.Folder, arguments);
        Assert.Equal(exitCode, await server.ExitCodeAsync());
        Assert.Contains(message, server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, server.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Rig.Folder.File("b.db")));
    }

    [StoreFact]
    public async Task A_copy_that_was_killed_goes_on_where_it_was()
    {
        var (source, (copy, database)) = (Rig.Sqlite("source.db"), await Rig.PostgresAsync());
        await Rig.QueueManyAsync(source, 2500);
        // The database has its tables, and the copy comes to a stop amid its second thousand.
        await Rig.WithStoreAsync(copy, _ => Task.FromResult(0));
        await database.NumberAsync(
            """
            CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END';
            CREATE TRIGGER stall BEFORE INSERT ON prompts FOR EACH ROW WHEN (NEW.seq = 1500) EXECUTE FUNCTION stall();
            """);
        (string, string) setting = ("OLLAMA_PROXY_POSTGRES", database.ConnectionString);
        const string Stalled = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
        const string Arguments = "copy --from sqlite:source.db --to postgres:";
        using (var killed = new ServerProcess(Rig.Folder, Arguments, setting))
        {
            await Eventually.NotNull(async () => await database.NumberAsync($"SELECT count(*) {Stalled}") == 1 ? "stalled" : null);
            killed.Kill();
            Assert.NotEqual(0, await killed.ExitCodeAsync());
        }
        Assert.Equal(1000, await database.NumberAsync("SELECT count(*) FROM prompts"));
        await database.NumberAsync($"SELECT count(pg_terminate_backend(pid)) {Stalled}");
        await database.NumberAsync("DROP TRIGGER stall ON prompts");

        using var again = new ServerProcess(Rig.Folder, Arguments, setting);

        Assert.Equal(0, await again.ExitCodeAsync());
        Assert.Contains("Going on behind the 1,000 prompts that were copied earlier.", again.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^all +2,500 +2,500\r?$", again.Output);
        Assert.Contains("The copy is exact, and can be used.", again.Output, StringComparison.Ordinal);
        Assert.Equal(2500, await database.NumberAsync("SELECT count_of('queued')"));
    }

    [StoreTheory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task A_database_that_a_server_has_open_is_neither_copied_nor_copied_into(bool isPostgres, bool isSource)
    {
        var (used, other) = (await Rig.EmptyAsync(isPostgres, "used.db"), Rig.Sqlite("other.db"));
        await Rig.QueueManyAsync(other, 1);
        using var server = new ServerProcess(Rig.Folder, "--urls http://127.0.0.1:0",
            ("OLLAMA_PROXY_STORE", isPostgres ? "postgres" : "sqlite"),
            (isPostgres ? "OLLAMA_PROXY_POSTGRES" : "OLLAMA_PROXY_DB", used.Value), ("OLLAMA_PROXY_WORKER", "false"));
        using var client = await server.ClientAsync();
        var (from, to) = isSource ? (used, Rig.Sqlite("copy.db")) : (other, used);

        using var copy = new ServerProcess(Rig.Folder, $"copy --from \"{Text(from)}\" --to \"{Text(to)}\"");

        Assert.Equal(1, await copy.ExitCodeAsync());
        Assert.Contains("is in use: ", copy.Output, StringComparison.Ordinal);
        Assert.Contains("Stop every process that works on it", copy.Output, StringComparison.Ordinal);

        static string Text(CopyAddress address) => (address.IsPostgres ? "postgres:" : "sqlite:") + address.Value;
    }

    private static IConfiguration Settings(params (string Name, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(each => each.Name, each => (string?)each.Value)).Build();
}
