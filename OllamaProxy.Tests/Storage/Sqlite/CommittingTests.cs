using Microsoft.Data.Sqlite;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite.Engine;

namespace OllamaProxy.Tests.Storage.Sqlite;

/// <summary>When a worker is told that a prompt is being committed that it has claimed as it was submitted.</summary>
public sealed class CommittingTests : SqliteStoreTest
{
    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromMinutes(1), 3, "http://ollama/");

    [Fact]
    public async Task It_is_told_before_others_see_the_prompt_but_when_they_cannot_claim_any_more()
    {
        var (told, seen, isLocked) = (default(ClaimedPrompt), default(object), false);

        var (_, claimed) = await Store.AddAsync(New("hi"), 0, Terms with
        {
            Committing = committing =>
            {
                (told, seen) = (committing, Sql("SELECT count(*) FROM prompts"));
                using var other = new SqliteConnection($"Data Source={File};Pooling=False;Default Timeout=1");
                other.Open();
                isLocked = Assert.Throws<SqliteException>(() => other.Execute("BEGIN IMMEDIATE")).SqliteErrorCode
                    == SQLitePCL.raw.SQLITE_BUSY;
            },
        }, default);

        Assert.NotNull(claimed);
        Assert.Equal((claimed, 0L, true), (told, seen, isLocked));
        Assert.Equal("processing", Sql("SELECT status FROM prompts"));
    }

    [Fact]
    public async Task It_is_not_told_of_a_prompt_for_which_there_is_no_slot()
    {
        Assert.NotNull(await Store.ClaimAsync((await AddAsync("first")).Seq, Terms, default));
        var isTold = false;

        var (_, claimed) = await Store.AddAsync(New("second"), 0, Terms with { Committing = _ => isTold = true }, default);

        Assert.Null(claimed);
        Assert.False(isTold);
    }
}
