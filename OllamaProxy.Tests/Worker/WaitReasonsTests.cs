using System.Collections.Immutable;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Worker;

namespace OllamaProxy.Tests.Worker;

/// <summary>What a queued prompt is said to wait for, by what is known of the backends.</summary>
public class WaitReasonsTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero);

    // A backend is written as its state (up, away, or ? where nothing is known), the models of its list, and with an exclamation mark those
    // that it has said it does not have; no list: nobody knows it.
    public static TheoryData<string, bool, string> OfBackends => new()
    {
        { "up a", false, "slot" },
        { "up a b", false, "slot" },
        { "up", false, "slot" },
        { "?", false, "slot" },
        { "away", false, "backend" },
        { "away a", false, "backend" },
        { "away b", false, "backend" },
        { "away b", true, "backend" },
        { "away a, away b", false, "backend" },
        { "away a, up b !a", false, "backend" },
        { "away a, up b !a", true, "backend" },
        { "away, up b !a", false, "backend" },
        // A list is a hint: who is there is asked first.
        { "away a, up b", false, "slot" },
        { "away a, ?", false, "slot" },
        { "away a, up a", false, "slot" },
        { "away b, up a", false, "slot" },
        { "away a, away a, up b !a", false, "backend" },
        { "up b !a", true, "model" },
        { "up b !a, up c !a", true, "model" },
        { "up b !a, up c", true, "slot" },
        { "away b, up c !a", true, "model" },
        { "up b, up a", true, "slot" },
        // It is sent to a backend that says that it does not have the model, and needs a slot for that.
        { "up b", false, "slot" },
        { "away b, up c", false, "slot" },
    };

    [Theory]
    [MemberData(nameof(OfBackends))]
    public void A_prompt_waits_for_a_backend_or_its_model_where_that_is_what_is_missing(string backends, bool waitsForModel,
        string expected)
    {
        var states = StatesOf(backends);
        Assert.Equal(expected, WaitReasons.Of("a:latest", null, false, waitsForModel, states, Now).Name());

        // A retry and a loaded model matter only where it could be run.
        var isRunnable = expected == "slot";
        Assert.Equal(isRunnable ? "retry" : expected,
            WaitReasons.Of("a:latest", Now.AddSeconds(1), true, waitsForModel, states, Now).Name());
        Assert.Equal(isRunnable ? "window" : expected, WaitReasons.Of("a:latest", Now, true, waitsForModel, states, Now).Name());
    }

    [Theory]
    [InlineData("up b", "slot")]
    [InlineData("away b", "backend")]
    [InlineData("away b, up c", "slot")]
    public void A_call_that_names_no_model_can_run_anywhere(string backends, string expected) =>
        Assert.Equal(expected, WaitReasons.Of("", null, false, true, StatesOf(backends), Now).Name());

    [Fact]
    public void A_model_that_the_settings_keep_from_a_backend_is_not_waited_for_there()
    {
        BackendState[] states = [.. StatesOf("up a, away a")
            .Select((state, index) => index == 0 ? state with { AllowedModels = ["b:latest"] } : state)];
        Assert.Equal("backend", WaitReasons.Of("a:latest", null, false, false, states, Now).Name());
    }

    private static BackendState[] StatesOf(string backends) =>
    [
        .. backends.Split(", ").Select(backend => backend.Split(' ')).Select(words => new BackendState(words[0], 1)
        {
            Health = words[0] switch
            {
                "up" => BackendHealth.Healthy,
                "away" => BackendHealth.Unreachable,
                _ => BackendHealth.Unknown,
            },
            Listed = words.Length == 1 ? null : [.. words[1..].Where(word => word[0] != '!').Select(ModelName.Canonical)],
            RecentlyMissing = ImmutableDictionary.CreateRange(words[1..].Where(word => word[0] == '!')
                .Select(word => KeyValuePair.Create(ModelName.Canonical(word[1..]), new MissingModel(0, false)))),
        }),
    ];
}
