using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Engine;

/// <summary>The check of the whole file at the start, which a setting asks for.</summary>
public sealed class DatabaseCheckTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("0", 0)]
    public async Task A_damaged_file_stops_the_start_where_the_setting_says_so(string check, int code)
    {
        using var folder = new TempFolder();
        var path = folder.File("queue.db");
        await using (var store = SqlitePromptStore.Open(path, "m", TimeProvider.System))
            for (var n = 0; n < 200; n++)
                await store.AddAsync(new(new string('x', 1000), "m", "{}"u8.ToArray()), 0, default);
        var page = Page(path, "prompts_by_model");
        using (var file = new FileStream(path, FileMode.Open) { Position = (page - 1) * 4096 })
            file.Write(new byte[4096]);

        using var server = new ServerProcess(
            folder, "--urls http://127.0.0.1:0", ("OLLAMA_PROXY_CHECK_DATABASE", check), ("OLLAMA_URL", "http://127.0.0.1:1"));
        if (code == 0)
        {
            using var client = await server.ClientAsync();
            return;
        }
        Assert.Equal(code, await server.ExitCodeAsync());
        Assert.Contains($"The database {path} is damaged: ", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sound_file_is_opened_with_the_check_too()
    {
        using var folder = new TempFolder();
        for (var n = 0; n < 2; n++)
        {
            await using var store = SqlitePromptStore.Open(folder.File("queue.db"), "m", TimeProvider.System, check: true);
            await store.AddAsync(new("p", "m", "{}"u8.ToArray()), 0, default);
        }
    }

    private static long Page(string path, string index)
    {
        using var connection = StorageRig.Open(path);
        return connection.Number("SELECT rootpage FROM sqlite_schema WHERE name = $name", ("$name", index));
    }
}
