using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>
/// Every fault of the Simulator, at the first attempt and at a later one, for clients that asked for a stream and that did
/// not (Ollama is asked for one all the same): what becomes of the prompt when it was the last attempt, and when it was not.
/// </summary>
public sealed class FaultMatrixTests
{
    private const string Text = "What is the capital of France?";

    private static readonly Row[] Rows =
    [
        new("refuse", Fault.Refuse, "connection to Ollama broke"),
        new("429", Fault.Status(429, "slow down"), "slow down"),
        new("502", Fault.Status(502, "bad gateway"), "bad gateway"),
        new("503", Fault.Status(503, "server busy, please try again.  maximum pending requests exceeded"), "server busy"),
        new("504", Fault.Status(504, "gateway timeout"), "gateway timeout"),
        new("500, runner stopped", Fault.Status(500, "model runner has unexpectedly stopped"), "unexpectedly stopped"),
        new("500, runner terminated", Fault.Status(500, "llama runner process has terminated: exit status 2"), "has terminated"),
        new("500, timed out", Fault.Status(500, "timed out waiting for llama runner to start"), "timed out waiting"),
        new("500, unknown", Fault.Status(500, "something new"), "something new"),
        new("hang", Fault.Hang, "timeout of 60 seconds") { IsPermanent = true },
        new("stall", Fault.Stall(3), "stopped sending tokens") { Tokens = 3 },
        new("cut", Fault.Cut(3), "") { Tokens = 3 },
        new("no done", Fault.NoDone(3), "before it was done") { Tokens = 3 },
        new("error line", Fault.ErrorLine(3, "an error was encountered while running the model: unexpected EOF"), "unexpected EOF") { Tokens = 3 },
        new("error line, permanent", Fault.ErrorLine(3, "model 'gone' not found"), "model 'gone' not found") { Tokens = 3, IsPermanent = true },
        new("not JSON", Fault.NotJson, "not one of Ollama's"),
        new("empty", Fault.Empty, "not one of Ollama's"),
        new("400", Fault.Status(400, "bad request"), "bad request") { IsPermanent = true },
        new("401", Fault.Status(401, "unauthorized"), "unauthorized") { IsPermanent = true },
        new("403", Fault.Status(403, "forbidden"), "forbidden") { IsPermanent = true },
        new("404", Fault.Status(404, "model 'nosuch' not found"), "model 'nosuch' not found") { IsPermanent = true },
        new("413", Fault.Status(413, "too large"), "too large") { IsPermanent = true },
        new("500, format", Fault.Status(500, "invalid format: expected \"json\" or a JSON schema"), "invalid format") { IsPermanent = true },
        new("500, option", Fault.Status(500, "option \"num_predict\" must be of type integer"), "num_predict") { IsPermanent = true },
    ];

    public static TheoryData<string, bool, bool> All => Matrix(Rows);

    public static TheoryData<string, bool, bool> Transient => Matrix(Rows.Where(row => !row.IsPermanent));

    [Theory]
    [MemberData(nameof(All))]
    public async Task At_the_last_attempt_it_fails_with_the_error_and_what_had_come(string name, bool later, bool stream)
    {
        var row = Rows.Single(row => row.Name == name);
        await using var rig = await StartAsync(row, later);
        var attempts = later ? 2 : 1;
        var id = await rig.SubmitAsync(Text, prompt => Asking(prompt, stream) with { MaxAttempts = attempts });
        _ = rig.Drain();

        var prompt = await EndAsync(rig, row, id);

        Assert.Equal((PromptStatus.Failed, attempts), (prompt.Status, prompt.Attempts));
        Assert.Contains(row.Error, prompt.Error, StringComparison.Ordinal);
        var partial = row.Tokens == 0 ? null : string.Concat(Simulation.TokensOf(Text).Take(row.Tokens));
        Assert.Equal(partial, (await rig.Store.WholeResultAsync(id))?.Text);
        Assert.Equal(later ? ["warming up", prompt.Error] : [prompt.Error], (await rig.Store.ListAttemptsAsync(id, default)).Select(attempt => attempt.Error));
    }

    [Theory]
    [MemberData(nameof(Transient))]
    public async Task With_an_attempt_left_a_transient_one_is_got_over(string name, bool later, bool stream)
    {
        var row = Rows.Single(row => row.Name == name);
        await using var rig = await StartAsync(row, later);
        var id = await rig.SubmitAsync(Text, prompt => Asking(prompt, stream));
        _ = rig.Drain();

        var prompt = await EndAsync(rig, row, id);

        Assert.Equal((PromptStatus.Completed, later ? 3 : 2, null), (prompt.Status, prompt.Attempts, prompt.Error));
        Assert.Equal(Simulation.AnswerTo(Text), (await rig.Store.WholeResultAsync(id))!.Text);
    }

    private static TheoryData<string, bool, bool> Matrix(IEnumerable<Row> rows)
    {
        var matrix = new TheoryData<string, bool, bool>();
        foreach (var row in rows)
            foreach (var later in new[] { false, true })
                foreach (var stream in new[] { false, true })
                    matrix.Add(row.Name, later, stream);
        return matrix;
    }

    private static NewPrompt Asking(NewPrompt prompt, bool stream) =>
        prompt with { Request = stream ? "{\"stream\":true}"u8.ToArray() : "{\"stream\":false}"u8.ToArray() };

    private static async Task<WorkerRig> StartAsync(Row row, bool later)
    {
        var rig = await WorkerRig.StartAsync(
            ("OLLAMA_PROXY_LEASE_SECONDS", "86400"), ("OLLAMA_TIMEOUT", "60"), ("OLLAMA_IDLE_TIMEOUT", "20"));
        if (later)
            rig.Ollama.Faults.Enqueue(Fault.Status(503, "warming up"));
        rig.Ollama.Faults.Enqueue(row.Fault);
        return rig;
    }

    /// <summary>Past a time limit the clock must be moved; elsewhere it is only where the prompt waits for another attempt.</summary>
    private static Task<Prompt> EndAsync(WorkerRig rig, Row row, Guid id) => row.Name is "hang" or "stall"
        ? rig.AdvanceUntilEndedAsync(id, TimeSpan.FromSeconds(1))
        : rig.WhenEndedAsync(id);

    private sealed record Row(string Name, Fault Fault, string Error)
    {
        public bool IsPermanent { get; init; }

        /// <summary>How many tokens come before it.</summary>
        public int Tokens { get; init; }
    }
}
