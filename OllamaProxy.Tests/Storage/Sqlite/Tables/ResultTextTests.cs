using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage.Sqlite.Tables;

public sealed class ResultTextTests
{
    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromMinutes(1), 3, "here");

    /// <summary>Characters of one to four bytes, so that pieces are cut within some.</summary>
    private static readonly string Long = string.Concat(Enumerable.Repeat("a\"é€🦙\u0000\n", 100_000));

    [Fact]
    public async Task A_result_of_many_pieces_comes_whole()
    {
        await using var rig = await StorageRig.StartAsync();
        var id = await rig.SubmitAsync("hello");
        var store = rig.Proxy.Services.GetRequiredService<IPromptStore>();
        var lease = (await store.ClaimAsync(Terms, default))!.Lease;
        await store.CompleteAsync(lease, new(Long, Long + "thought", GenerationStatistics.None), default);

        var result = await rig.Proxy.ResultAsync(id);

        Assert.Equal(Long, result.GetProperty("result").GetString());
        Assert.Equal(Long + "thought", result.GetProperty("thinking").GetString());
        Assert.Equal(new(Long, Long + "thought", GenerationStatistics.None), await store.WholeResultAsync(Guid.Parse(id)));
    }

    [Fact]
    public async Task A_result_that_is_given_up_while_it_is_read_does_not_end_as_if_it_were_whole()
    {
        await using var rig = await StorageRig.StartAsync();
        var id = Guid.Parse(await rig.SubmitAsync("hello"));
        var store = rig.Proxy.Services.GetRequiredService<IPromptStore>();
        await store.FailAsync((await store.ClaimAsync(Terms, default))!.Lease, "no", new(Long, null, GenerationStatistics.None), default);
        var result = (await store.FindResultAsync(id, default))!;

        await using var piece = result.Text(default).GetAsyncEnumerator();
        Assert.True(await piece.MoveNextAsync());
        Assert.StartsWith("a\"é€🦙", Encoding.UTF8.GetString(piece.Current.Span), StringComparison.Ordinal);
        await store.RetryAsync(id, default);

        await Assert.ThrowsAsync<StoreException>(async () => await piece.MoveNextAsync());
    }
}
