using System.Text;
using OllamaProxy.Scheduling;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>How accounts share a backend, from the store to Ollama. <see cref="Scheduling.FairnessTests"/> has the cases.</summary>
public sealed class FairnessTests
{
    private const int Long = 60;
    private const int Short = 6;

    private static readonly (string, string) NoWindow = ("OLLAMA_PROXY_FAIRNESS_WINDOW", "0");

    [Fact]
    public async Task Who_asks_for_long_answers_is_served_no_more_tokens_than_who_asks_for_short_ones()
    {
        await using var rig = await WorkerRig.StartAsync(NoWindow, WorkerRig.NoSlice);
        var (first, other) = (Guid.Empty, Guid.Empty);
        for (var prompt = 0; prompt < 30; prompt++)
            (first, other) = (await SubmitAsync(rig, "long", Long), await SubmitAsync(rig, "short", Short));
        await rig.DrainToEndAsync();
        var costs = new Dictionary<string, double> { ["long"] = await CostAsync(rig, first), ["short"] = await CostAsync(rig, other) };

        // One slot, and one prompt that is claimed ahead.
        var bound = 2 * 2 * costs["long"];
        var (served, left) = (new Dictionary<string, double> { ["long"] = 0, ["short"] = 0 }, new Dictionary<string, int>());
        var sent = rig.Ollama.Requests.All.Where(request => request.Path == "/api/generate")
            .Select(request => WorkerRig.Sent(request).Prompt).ToList();
        Assert.Equal(60, sent.Count);
        foreach (var account in sent)
            left[account] = left.GetValueOrDefault(account) + 1;
        foreach (var account in sent)
        {
            served[account] += costs[account];
            if (--left[account] == 0)
                break;
            Assert.True(Math.Abs(served["long"] - served["short"]) <= bound,
                $"{served["long"]} and {served["short"]}: {string.Concat(sent.Select(each => each[0]))}");
        }
    }

    private static async Task<double> CostAsync(WorkerRig rig, Guid id) => TokenCost.Of((await rig.Store.WholeResultAsync(id))!);

    private static Task<Guid> SubmitAsync(WorkerRig rig, string account, int tokens) => rig.SubmitAsync(account, prompt => prompt with
    {
        Account = account,
        Request = Encoding.UTF8.GetBytes($$$"""{"options":{"simulator_tokens":{{{tokens}}}}}"""),
    });
}
