using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Engine;

/// <summary>Why a database cannot be opened.</summary>
public sealed class OpeningFaultTests : IDisposable
{
    private const UnixFileMode None = UnixFileMode.None;
    private const UnixFileMode All = (UnixFileMode)511; // 0777
    private const UnixFileMode ReadOnly = (UnixFileMode)365; // 0555

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public void A_folder_is_named_as_one(string end)
    {
        Directory.CreateDirectory(_folder.File("queue.db"));
        Assert.Equal($"The database {_folder.File("queue.db")}{end} cannot be opened: it is a folder. Set OLLAMA_PROXY_DB to a file.",
            Refusal(_folder.File("queue.db") + end));
    }

    [Fact]
    public void A_file_in_place_of_the_folder_is_named()
    {
        File.WriteAllText(_folder.File("data"), "");
        var refusal = Refusal(_folder.File("data/queue.db"));
        Assert.StartsWith($"The folder of the database {_folder.File("data/queue.db")} cannot be made: ", refusal,
            StringComparison.Ordinal);
        Assert.Contains($"'{_folder.File("data")}'", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_named()
    {
        File.CreateSymbolicLink(_folder.File("queue.db"), "/nosuch/queue.db");
        Assert.Equal($"The database {_folder.File("queue.db")} cannot be opened: it is a link to /nosuch/queue.db, which is not there.",
            Refusal(_folder.File("queue.db")));
    }

    [Fact]
    public void A_file_system_that_takes_no_files_is_named()
    {
        if (!Directory.Exists("/proc/self"))
            return;
        Assert.Equal("The database /proc/queue.db cannot be opened: no files can be made in the folder /proc.", Refusal("/proc/queue.db"));
    }

    [UnprivilegedFact]
    public async Task A_file_that_the_user_may_not_read_is_named_with_the_user()
    {
        await using (SqlitePromptStore.Open(_folder.File("queue.db"), "m", TimeProvider.System))
        {
        }
        var (code, output) = await UnprivilegedServer.RunAsync(_folder, _folder.File("queue.db"), None, All);
        Assert.Equal(1, code);
        Assert.Equal(
            $"The database {_folder.File("queue.db")} cannot be opened: the user 'nobody' may not read and write it.", output.Trim());
    }

    [UnprivilegedFact]
    public async Task A_folder_that_the_user_may_not_write_is_named_with_the_user()
    {
        var (code, output) = await UnprivilegedServer.RunAsync(_folder, _folder.File("queue.db"), None, ReadOnly);
        Assert.Equal(1, code);
        Assert.Equal(
            $"The database {_folder.File("queue.db")} cannot be opened: the user 'nobody' may not make files in the folder {_folder.Path}.",
            output.Trim());
    }

    [UnprivilegedFact]
    public async Task A_folder_that_the_user_may_not_look_into_is_named_with_the_user()
    {
        var (code, output) = await UnprivilegedServer.RunAsync(_folder, _folder.File("data/queue.db"), None, None);
        Assert.Equal(1, code);
        Assert.Contains(_folder.File("data"), output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static string Refusal(string path) =>
        Assert.Throws<StoreException>(() => SqlitePromptStore.Open(path, "m", TimeProvider.System)).Message;
}
