using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Texts;

/// <summary>Results that are read in many pieces.</summary>
/// <param name="home">Where they are.</param>
public abstract class ResultTextTests(StoreHome home) : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromMinutes(1), 3, "here");

    /// <summary>Characters of one to four bytes, so that pieces are cut within some.</summary>
    private static readonly string Long = string.Concat(Enumerable.Repeat("a\"é€🦙\u0000\n", 100_000));

    private RunningProxy _proxy = null!;

    private IPromptStore Store => _proxy.Services.GetRequiredService<IPromptStore>();

    public async Task InitializeAsync() =>
        _proxy = await RunningProxy.StartAsync(home, ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "0"));

    public async Task DisposeAsync() => await _proxy.DisposeAsync();

    [StoreFact]
    public async Task A_result_of_many_pieces_comes_whole()
    {
        var id = await _proxy.SubmitAsync(new { prompt = "hello" });
        var lease = (await Store.ClaimAsync(Terms, default))!.Lease;
        await Store.CompleteAsync(lease, new(Long, Long + "thought", GenerationStatistics.None), default);

        var result = await _proxy.ResultAsync(id);

        Assert.Equal(Long, result.GetProperty("result").GetString());
        Assert.Equal(Long + "thought", result.GetProperty("thinking").GetString());
        Assert.Equal(new(Long, Long + "thought", GenerationStatistics.None), await Store.WholeResultAsync(Guid.Parse(id)));
    }

    [StoreFact]
    public async Task A_result_that_is_given_up_while_it_is_read_does_not_end_as_if_it_were_whole()
    {
        var id = Guid.Parse(await _proxy.SubmitAsync(new { prompt = "hello" }));
        await Store.FailAsync((await Store.ClaimAsync(Terms, default))!.Lease, "no", new(Long, null, GenerationStatistics.None), default);
        var result = (await Store.FindResultAsync(id, default))!;

        await using var piece = result.Text(default).GetAsyncEnumerator();
        Assert.True(await piece.MoveNextAsync());
        Assert.StartsWith("a\"é€🦙", Encoding.UTF8.GetString(piece.Current.Span), StringComparison.Ordinal);
        await Store.RetryAsync(id, default);

        await Assert.ThrowsAsync<StoreException>(async () => await piece.MoveNextAsync());
    }

    public sealed class OnSqlite() : ResultTextTests(StoreHome.Sqlite());

    public sealed class OnPostgres() : ResultTextTests(StoreHome.Postgres());
}
