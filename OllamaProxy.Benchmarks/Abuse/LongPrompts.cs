using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;

namespace OllamaProxy.Benchmarks.Abuse;

/// <summary>A file with texts that are long to read.</summary>
/// <param name="Result">The id of a prompt whose text and result are long.</param>
/// <param name="Response">The id of a call whose response is long.</param>
internal sealed record LongPrompts(Guid Result, Guid Response)
{
    private static readonly ClaimTerms Terms = new(8, TimeSpan.FromMinutes(10), 1, "http://nowhere/");

    /// <summary>Writes the file, as the server would.</summary>
    public static async Task<LongPrompts> WriteAsync(string database, int bytes, CancellationToken cancellationToken)
    {
        await using var store = SqlitePromptStore.Open(database, "llama3.2", TimeProvider.System);
        var text = string.Create(bytes, 0, static (characters, _) =>
        {
            for (var i = 0; i < characters.Length; i++)
                characters[i] = i % 100 == 99 ? '\n' : (char)('a' + (i % 26));
        });
        var result = await EndAsync(new NewPrompt(text, "llama3.2", "{}"u8.ToArray()), new(text, null, GenerationStatistics.None));
        var call = new ApiCall("/api/chat", "", HeaderList.Empty, "{}"u8.ToArray());
        var answer = new ApiResponse(200, HeaderList.Empty, new byte[bytes]);
        var response = await EndAsync(new NewPrompt("", "llama3.2", "{}"u8.ToArray()) { Call = call },
            PromptResult.Empty with { Response = answer });
        return new(result, response);

        async Task<Guid> EndAsync(NewPrompt prompt, PromptResult end)
        {
            var added = (await store.AddAsync(prompt, 0, null, cancellationToken)).Submission.Prompt;
            var claimed = await store.ClaimAsync(added.Seq, Terms, cancellationToken)
                ?? throw new BenchmarkException("A prompt of the seed could not be claimed.");
            await store.SettleAsync(claimed.Lease, new Settlement.Complete(end), cancellationToken);
            return added.Id;
        }
    }
}
