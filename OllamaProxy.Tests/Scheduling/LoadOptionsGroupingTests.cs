using System.Collections.Immutable;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;
using OllamaProxy.Scheduling;
using OllamaProxy.Storage;
using static OllamaProxy.Tests.Scheduling.SchedulerNotation;

namespace OllamaProxy.Tests.Scheduling;

/// <summary>Prompts of one model that Ollama loads in different ways are scheduled as those of different models.</summary>
public sealed class LoadOptionsGroupingTests
{
    private const string Small = "num_ctx=2048";
    private const string Large = "num_ctx=16384";

    private static readonly Scheduler Policy = new(TimeSpan.FromSeconds(60), WaitForModel: false, DefaultModel: "a");

    [Fact]
    public void Prompts_with_the_same_options_come_one_after_the_other() =>
        Assert.Equal([1L, 3, 5, 2, 4, 6], Decide(Backend(6, null), Small, Large, Small, Large, Small, Large));

    [Fact]
    public void Those_for_which_the_model_is_loaded_come_first() =>
        Assert.Equal([2L, 4, 1, 3], Decide(Backend(4, new(Large, 16384)), Small, Large, Small, Large));

    [Fact]
    public void Of_a_model_that_somebody_else_has_loaded_the_length_of_its_context_is_known() =>
        Assert.Equal([2L, 4, 1, 3], Decide(Backend(4, new(null, 16384)), Small, Large, Small, Large));

    [Fact]
    public void A_model_that_nobody_knows_how_it_is_loaded_is_loaded_once_for_each_way() =>
        Assert.Equal([1L, 3, 2, 4], Decide(Backend(4, ModelLoad.Unknown), Small, Large, Small, Large));

    [Fact]
    public void What_another_process_runs_there_counts_as_loaded()
    {
        var backend = Backend(2, null) with { Running = RunningModels.Of([new LoadKey("a:latest", Large)]) };
        Assert.Equal([2L, 1], Decide(backend, Small, Large));
    }

    [Fact]
    public void Others_are_overtaken_for_no_longer_than_the_grouping_window()
    {
        var history = Policy.Decide(Prompts(Small, Large), [Backend(1, new(Large, null))], NoHistory, Noon).OvertakeHistory;
        Assert.NotNull(history.Find(new("", new("a:latest", Small)))?.FirstAt);
        var late = Policy.Decide(Prompts(Small, Large), [Backend(1, new(Large, null))], history, Noon + Policy.GroupingWindow);
        Assert.Equal([1L], late.Assignments.Select(assignment => assignment.Prompt.Seq));
    }

    private static IEnumerable<long> Decide(BackendLoad backend, params string[] options) =>
        Policy.Decide(Prompts(options), [backend], NoHistory, Noon).Assignments.Select(assignment => assignment.Prompt.Seq);

    private static List<QueuedPrompt> Prompts(params string[] options) =>
        [.. options.Select((load, index) => Prompt(index + 1, "a", 0) with { LoadOptions = load })];

    private static BackendLoad Backend(int free, ModelLoad? load) => new(
        new("x", free)
        {
            Health = BackendHealth.Healthy,
            Loaded = load is null ? [] : ["a:latest"],
            Loads = load is null ? ImmutableDictionary<string, ModelLoad>.Empty
                : ImmutableDictionary<string, ModelLoad>.Empty.Add("a:latest", load),
            LoadedAt = DateTimeOffset.MaxValue, // Its turn has yet to begin.
        },
        free, RunningModels.None);
}
