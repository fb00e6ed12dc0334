using System.Diagnostics;
using System.Diagnostics.Metrics;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Telemetry;

/// <summary>
/// What happens to prompts, as metrics of <c>System.Diagnostics.Metrics</c>. The names that begin with <c>gen_ai.</c> are those of
/// OpenTelemetry's conventions, for which this program is a client of Ollama. docs/monitoring.md lists them all. Safe for many threads.
/// </summary>
public sealed class PromptMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string Meter = "OllamaProxy";

    private const string Provider = "ollama";

    /// <summary>In seconds, up to the half hour that an attempt may take by default, and for queues of a day.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries =
            [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640, 1800, 3600, 14_400, 86_400],
    };

    /// <summary>As the conventions recommend for tokens.</summary>
    private static readonly InstrumentAdvice<long> Tokens = new()
    {
        HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576],
    };

    private static readonly InstrumentAdvice<double> TokensPerSecond = new()
    {
        HistogramBucketBoundaries = [0.5, 1, 2, 5, 10, 20, 30, 40, 60, 80, 120, 160, 240, 480, 1000],
    };

    private readonly MetricLabels _labels;
    private readonly Counter<long> _submitted;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _leasesLost;
    private readonly Counter<long> _loads;
    private readonly Counter<long> _overtakes;
    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _outputRate;
    private readonly Histogram<long> _tokens;

    /// <summary>Creates the instruments.</summary>
    public PromptMetrics(IMeterFactory meters, MetricLabels labels)
    {
        _labels = labels;
        var meter = meters.Create(Meter);
        _submitted = meter.CreateCounter<long>("ollama_proxy.prompts.submitted", "{prompt}", "Prompts that were accepted.");
        _ended = meter.CreateCounter<long>("ollama_proxy.prompts.ended", "{prompt}", "Prompts whose last attempt ended, by status.");
        _attempts = meter.CreateCounter<long>("ollama_proxy.attempts", "{attempt}", "Attempts that ended, by outcome.");
        _leasesLost = meter.CreateCounter<long>(
            "ollama_proxy.leases.lost", "{lease}", "Attempts whose result was discarded, because their lease was lost.");
        _loads = meter.CreateCounter<long>(
            "ollama_proxy.model.loads", "{load}", "Prompts that were sent to a backend whose model had to be loaded for them.");
        _overtakes = meter.CreateCounter<long>("ollama_proxy.model.loads_saved", "{load}",
            "Prompts for a loaded model that went before earlier prompts for another one.");
        _wait = meter.CreateHistogram("ollama_proxy.prompt.wait", "s", "Time from the submission to the first attempt.", advice: Seconds);
        _duration = meter.CreateHistogram("gen_ai.client.operation.duration", "s", "Duration of attempts.", advice: Seconds);
        _firstToken = meter.CreateHistogram(
            "gen_ai.server.time_to_first_token", "s", "Time from the request to the first part of the answer.", advice: Seconds);
        _outputRate = meter.CreateHistogram(
            "ollama_proxy.output.rate", "{token}/s", "Tokens a second while an answer is generated.", advice: TokensPerSecond);
        _tokens = meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens of prompts and of answers.", advice: Tokens);
    }

    /// <summary>A prompt was accepted.</summary>
    public void OnSubmitted(NewPrompt prompt) => Count(_submitted, prompt.Account, prompt.Model);

    /// <summary>A prompt was given a slot.</summary>
    /// <param name="account">To whom it is charged.</param>
    /// <param name="model">Its model.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="wait">How long it had waited; null: it has had an attempt before.</param>
    /// <param name="needsLoad">Whether the model has to be loaded for it.</param>
    /// <param name="hasOvertaken">Whether it went before earlier prompts of another model.</param>
    public void OnStarted(string account, string model, string backend, TimeSpan? wait, bool needsLoad, bool hasOvertaken)
    {
        if (wait is { } waited && _wait.Enabled)
        {
            var tags = TagsOf(account, model);
            _wait.Record(waited.TotalSeconds, tags);
        }
        if (needsLoad)
            Count(_loads, model, backend);
        else if (hasOvertaken)
            Count(_overtakes, model, backend);

        void Count(Counter<long> counter, string of, string at)
        {
            if (!counter.Enabled)
                return;
            var tags = new TagList { { MetricLabels.Backend, at } };
            _labels.AddModel(ref tags, of);
            counter.Add(1, tags);
        }
    }

    /// <summary>The first part of an answer has come.</summary>
    public void OnFirstToken(ApiRoute route, string? model, string backend, TimeSpan after)
    {
        if (_firstToken.Enabled)
            _firstToken.Record(after.TotalSeconds, OperationTags(route, model, backend));
    }

    /// <summary>An attempt has ended at the backend.</summary>
    public void OnAttempt(
        ApiRoute route, string? model, string backend, TimeSpan duration, GenerationStatistics figures, FailureKind? failure)
    {
        if (!_duration.Enabled)
            return;
        var tags = OperationTags(route, model, backend);
        Record(figures.PromptEvalCount, "input");
        Record(figures.EvalCount, "output");
        if (figures is { EvalCount: > 0, EvalDuration: > 0 })
            _outputRate.Record(figures.EvalCount.Value * 1e9 / figures.EvalDuration.Value, tags);
        if (failure is { } kind)
            tags.Add("error.type", NameOf(kind));
        _duration.Record(duration.TotalSeconds, tags);

        void Record(long? count, string type)
        {
            if (count is not > 0)
                return;
            var typed = tags;
            typed.Add("gen_ai.token.type", type);
            _tokens.Record(count.Value, typed);
        }
    }

    /// <summary>An attempt was settled.</summary>
    /// <param name="account">To whom the prompt is charged.</param>
    /// <param name="model">Its model.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="failure">What failed; null: nothing.</param>
    public void OnSettled(string? account, string? model, AttemptEnd outcome, FailureKind? failure)
    {
        if (_attempts.Enabled)
        {
            var tags = new TagList { { "outcome", NameOf(outcome) } };
            if (failure is { } kind)
                tags.Add("error.type", NameOf(kind));
            _labels.AddModel(ref tags, model);
            _attempts.Add(1, tags);
        }
        if (outcome is AttemptEnd.Completed or AttemptEnd.Failed && _ended.Enabled)
        {
            var tags = TagsOf(account, model);
            tags.Add("status", NameOf(outcome));
            _ended.Add(1, tags);
        }
        if (outcome == AttemptEnd.LeaseLost)
            _leasesLost.Add(1);
    }

    private void Count(Counter<long> counter, string? account, string? model)
    {
        if (counter.Enabled)
            counter.Add(1, TagsOf(account, model));
    }

    private TagList TagsOf(string? account, string? model)
    {
        var tags = default(TagList);
        _labels.AddModel(ref tags, model);
        _labels.AddOwner(ref tags, account);
        return tags;
    }

    private TagList OperationTags(ApiRoute route, string? model, string backend)
    {
        var tags = new TagList
        {
            { "gen_ai.operation.name", GenAI.OperationOf(route) },
            { "gen_ai.provider.name", Provider },
            { MetricLabels.Backend, backend },
        };
        _labels.AddModel(ref tags, model);
        return tags;
    }

    private static string NameOf(FailureKind kind) => kind switch
    {
        FailureKind.Permanent => "permanent",
        FailureKind.Transient => "transient",
        FailureKind.InvalidResponse => "invalid_response",
        FailureKind.Busy => "busy",
        FailureKind.Unreachable => "unreachable",
        _ => "unknown",
    };

    private static string NameOf(AttemptEnd outcome) => outcome switch
    {
        AttemptEnd.Completed => "completed",
        AttemptEnd.Failed => "failed",
        AttemptEnd.Requeued => "requeued",
        AttemptEnd.HandedBack => "handed_back",
        AttemptEnd.Cancelled => "cancelled",
        _ => "lease_lost",
    };
}
