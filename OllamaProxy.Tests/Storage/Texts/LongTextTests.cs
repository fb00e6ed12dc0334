using System.Text;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Texts;

/// <summary>Texts and bodies that are too long for a column.</summary>
public abstract class LongTextTests(StoreHome home) : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(8, TimeSpan.FromMinutes(1), 3, "http://ollama/");
    private static readonly string Long = string.Concat(Enumerable.Range(0, 60_000).Select(number => $"{number} é🦙\n"));

    private IPromptStore _store = null!;

    public static TheoryData<string, int> Lengths
    {
        get
        {
            int[] lengths = [1, LongText.MaxShort - 1, LongText.MaxShort, LongText.MaxShort + 1, 65_536 * 9, 1_048_576 + 1, 3_000_000];
            var data = new TheoryData<string, int>();
            foreach (var character in new[] { "x", "é", "🦙" })
                foreach (var length in lengths)
                    data.Add(character, length);
            return data;
        }
    }

    [StoreTheory]
    [MemberData(nameof(Lengths))]
    public async Task A_text_of_any_length_comes_back_as_it_was_stored(string character, int length)
    {
        var text = string.Concat(Enumerable.Repeat(character, length / character.Length));
        var added = await AddAsync(new NewPrompt(text, "m", "{}"u8.ToArray()));
        var claimed = (await _store.ClaimAsync(added.Seq, Terms, default))!;
        Assert.True(await _store.CompleteAsync(claimed.Lease, new(text, text + "!", GenerationStatistics.None), default));

        Assert.True(text == await WholeAsync(claimed.LongText, claimed.Text));
        var content = (await _store.FindContentAsync(added.Id, default))!;
        Assert.True(text == await WholeAsync(content.LongText, content.Text));
        Assert.Equal(new PromptResult(text, text + "!", GenerationStatistics.None), await _store.WholeResultAsync(added.Id));
    }

    [StoreTheory]
    [InlineData(0)]
    [InlineData(LongText.MaxShort)]
    [InlineData(LongText.MaxShort + 1)]
    [InlineData(5_000_000)]
    public async Task A_call_and_its_response_of_any_length_come_back_as_they_were_stored(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        var added = await AddAsync(new NewPrompt("", "m", "{}"u8.ToArray()) { Call = new("/api/chat", "", HeaderList.Empty, bytes) });
        var claimed = (await _store.ClaimAsync(added.Seq, Terms, default))!;
        await _store.CompleteAsync(claimed.Lease, PromptResult.Empty with { Response = new(200, HeaderList.Empty, bytes) }, default);

        var sent = claimed.Call!.LongBody is { } body ? await body.ReadWholeAsync(default) : claimed.Call.Body.ToArray();
        Assert.True(Enumerable.SequenceEqual(bytes, sent));
        var response = (await _store.FindResponseAsync(added.Id, default))!;
        Assert.Equal(length, response.Body.Length);
        Assert.True(Enumerable.SequenceEqual(bytes, await response.Body.ReadWholeAsync(default)));
    }

    [StoreFact]
    public async Task No_write_waits_for_a_long_one_to_be_whole()
    {
        var prompt = await AddAsync(new NewPrompt("short", "m", "{}"u8.ToArray()));
        var lease = (await _store.ClaimAsync(prompt.Seq, Terms, default))!.Lease;

        var settling = _store.CompleteAsync(lease, new(new string('x', 60_000_000), null, GenerationStatistics.None), default);
        var between = 0;
        for (; !settling.IsCompleted; between++)
            await AddAsync(new NewPrompt("another", "m", "{}"u8.ToArray()));

        Assert.True(await settling);
        Assert.True(between > 10, $"Only {between} other prompts were stored meanwhile.");
    }

    [StoreFact]
    public async Task What_a_worker_without_its_lease_wrote_is_nobodys_and_removed_and_the_room_given_back()
    {
        var prompt = await AddAsync(new NewPrompt("short", "m", "{}"u8.ToArray()));
        var lease = (await _store.ClaimAsync(prompt.Seq, Terms, default))!.Lease;
        await _store.ReleaseAsync(lease, null, default);

        Assert.False(await _store.CompleteAsync(lease, new(Long, null, GenerationStatistics.None), default));
        Assert.Null(await _store.FindResultAsync(prompt.Id, default));

        // It waits for some minutes, as that of a program that ended.
        await home.QueryAsync("UPDATE texts SET expires_at = 1 WHERE expires_at IS NOT NULL");
        while (await _store.ShrinkAsync(default))
        {
            // Some at a time.
        }
        Assert.Equal(0, await home.NumberAsync("SELECT (SELECT count(*) FROM texts) + (SELECT count(*) FROM parts)"));
    }

    [StoreFact]
    public async Task With_a_prompt_its_long_texts_go_and_with_another_try_those_of_the_last()
    {
        var prompt = await AddAsync(new NewPrompt(Long, "m", "{}"u8.ToArray()));
        var lease = (await _store.ClaimAsync(prompt.Seq, Terms, default))!.Lease;
        await _store.FailAsync(lease, "no", new(Long, null, GenerationStatistics.None), default);
        Assert.Equal(2, await home.NumberAsync("SELECT count(*) FROM texts WHERE seq IS NOT NULL"));

        await _store.RetryAsync(prompt.Id, default);
        Assert.Equal(1, await home.NumberAsync("SELECT count(*) FROM texts WHERE seq IS NOT NULL"));
        await _store.DeleteAsync(prompt.Id, default);
        while (await _store.ShrinkAsync(default))
        {
            // Some at a time.
        }
        Assert.Equal(0, await home.NumberAsync("SELECT (SELECT count(*) FROM texts) + (SELECT count(*) FROM parts)"));
    }

    [StoreFact]
    public async Task A_long_prompt_is_listed_and_found_by_its_beginning()
    {
        await AddAsync(new NewPrompt("needle " + Long, "m", "{}"u8.ToArray()));

        var found = Assert.Single((await _store.ListAsync(new(1, 5) { Search = "needle" }, default)).Prompts);
        Assert.StartsWith("needle 0 é🦙", found.Preview, StringComparison.Ordinal);
    }

    public async Task InitializeAsync() => _store = await home.OpenAsync(TimeProvider.System);

    public async Task DisposeAsync() => await home.DisposeAsync();

    private async Task<Prompt> AddAsync(NewPrompt prompt) => (await _store.AddAsync(prompt, 0, null, default)).Submission.Prompt;

    private static async Task<string> WholeAsync(LongText? text, string otherwise) =>
        text is null ? otherwise : Encoding.UTF8.GetString(await text.ReadWholeAsync(default));

    public sealed class OnSqlite() : LongTextTests(StoreHome.Sqlite())
    {
        [Fact]
        public async Task What_an_older_version_wrote_into_columns_is_read_from_there()
        {
            var store = (SqlitePromptStore)_store;
            var prompt = await AddAsync(
                new NewPrompt("short", "m", "{}"u8.ToArray()) { Call = new("/api/chat", "", HeaderList.Empty, "{}"u8.ToArray()) });
            var lease = (await _store.ClaimAsync(prompt.Seq, Terms, default))!.Lease;
            var response = new ApiResponse(200, HeaderList.Empty, "{}"u8.ToArray());
            await _store.CompleteAsync(lease, new("short", null, GenerationStatistics.None) { Response = response }, default);
            await store.WriteAsync(
                (session, _) => session.Execute("UPDATE prompts SET prompt = $long, result = $long, thinking = $long", ("$long", Long)),
                default);
            await store.WriteAsync(
                (session, _) => session.Execute("UPDATE responses SET body = CAST($long AS BLOB)", ("$long", Long)), default);

            Assert.True(Long == await WholeAsync((await _store.FindContentAsync(prompt.Id, default))!.LongText, ""));
            Assert.Equal(new PromptResult(Long, Long, GenerationStatistics.None), await _store.WholeResultAsync(prompt.Id));
            Assert.True(Long == await WholeAsync((await _store.FindResponseAsync(prompt.Id, default))!.Body, ""));
        }
    }

    public sealed class OnPostgres() : LongTextTests(StoreHome.Postgres());
}
