using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
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
        new("hang", Fault.Hang, "timeout of 60 seconds") { IsPermanent = true },
        new("stall", Fault.Stall(3), "stopped sending tokens") { Tokens = 3 },
        new("cut", Fault.Cut(3), "") { Tokens = 3 },
        new("not JSON", Fault.NotJson, "not one of Ollama's"),
        new("empty", Fault.Empty, "not one of Ollama's"),
        Transient("502", 502, "bad gateway"),
        Transient("504", 504, "gateway timeout"),
        Transient("408", 408, "request timeout"),
        Transient("499", 499, "request canceled"),
        Transient("runner stopped", 500,
            "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, "
            + "check ollama server logs for details"),
        Transient("runner terminated", 500, "llama runner process has terminated: exit status 2"),
        Transient("llama-server terminated", 500, "llama-server process has terminated: signal: killed"),
        Transient("timed out", 500, "timed out waiting for llama-server to start - progress 0.00 - "),
        Transient("runner gone", 500, "do embedding request: Post \"http://127.0.0.1:41235/embedding\": EOF"),
        Transient("out of memory", 500, "cudaMalloc failed: out of memory"),
        Transient("nested, out of memory", 500, """{"error":{"code":500,"message":"Compute error.","type":"server_error"}}"""
            + "\nCUDA error: out of memory", "Compute error. CUDA error"),
        Transient("unknown", 500, "something new"),
        Transient("more memory than there is", 500, "model requires more system memory (5.6 GiB) than is available (1.2 GiB)"),
        Line("error line", "an error was encountered while running the model: unexpected EOF"),
        Line("error line, unknown", "something new"),
        Line("error line, no model", "model 'gone' not found") with { IsPermanent = true },
        Line("error line, too long", "the input length exceeds the context length") with { IsPermanent = true },
        Permanent("400", 400, "bad request"),
        Permanent("401", 401, "unauthorized"),
        Permanent("403", 403, "forbidden"),
        Permanent("404", 404, "model 'nosuch' not found"),
        Permanent("404, other quotes", 404, "model \"nosuch\" not found, try pulling it first"),
        Permanent("413", 413, "too large"),
        Permanent("501", 501, "This server does not support embeddings. Start it with `--embeddings`"),
        Permanent("format", 500, "invalid format: expected \"json\" or a JSON schema"),
        Permanent("option", 500, "option \"num_predict\" must be of type integer"),
        Permanent("too long", 400, "the input length exceeds the context length"),
        Permanent("too long, 500", 500, "the input length exceeds the context length"),
        Permanent("nested, too long", 500,
            """{"error":{"code":400,"message":"request (302 tokens) exceeds the available context size (256 tokens), """
            + """try increasing it","type":"exceed_context_size_error"}}""", "request (302 tokens) exceeds"),
        Permanent("template", 500, "template: :1:12: executing \"\" at <.Foo>: can't evaluate field Foo"),
        Permanent("image", 500, "failed to process inputs: image: unknown format"),
        Permanent("NaN", 500, "json: unsupported value: NaN"),
        Permanent("context tokens", 500, "detokenize error: invalid token"),
    ];

    private static readonly (string Path, string Body)[] Calls =
    [
        ("/api/generate", """{"model":"llama3.2","prompt":"hi"}"""),
        ("/api/generate", """{"model":"llama3.2","prompt":"hi","stream":false}"""),
        ("/api/chat", """{"model":"llama3.2","messages":[{"role":"user","content":"hi"}]}"""),
        ("/api/embed", """{"model":"llama3.2","input":"hi"}"""),
        ("/api/embeddings", """{"model":"llama3.2","prompt":"hi"}"""),
        ("/v1/chat/completions", """{"model":"llama3.2","messages":[{"role":"user","content":"hi"}],"stream":true}"""),
        ("/v1/embeddings", """{"model":"llama3.2","input":"hi"}"""),
        ("/v1/responses", """{"model":"llama3.2","input":"hi"}"""),
        ("/v1/messages", """{"model":"llama3.2","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"""),
    ];

    public static TheoryData<string, bool, bool> All => Matrix(Rows);

    public static TheoryData<string, bool, bool> GotOver => Matrix(Rows.Where(row => !row.IsPermanent));

    public static TheoryData<string> Answers => new(Rows.Where(row => row.IsAnswer).Select(row => row.Name));

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_call_of_any_API_ends_as_a_prompt_does(string name)
    {
        var row = Rows.Single(row => row.Name == name);
        await using var rig = await WorkerRig.StartAsync(WorkerRig.LongLease, ("OLLAMA_MAX_ATTEMPTS", "2"));
        rig.Ollama.Faults.Enqueue(row.Fault, 2 * Calls.Length);
        _ = rig.Drain();
        foreach (var (path, body) in Calls)
        {
            var id = await rig.SubmitAsync("hi", prompt =>
                prompt with
                {
                    Model = $"{path}{body.Length}",
                    Call = new(path, "", HeaderList.Empty, System.Text.Encoding.UTF8.GetBytes(body))
                });
            var prompt = await rig.WhenEndedAsync(id);
            Assert.Equal((path, PromptStatus.Failed, row.IsPermanent ? 1 : 2), (path, prompt.Status, prompt.Attempts));
            Assert.Contains(row.Error, prompt.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task At_the_last_attempt_it_fails_with_the_error_and_what_had_come(string name, bool later, bool stream)
    {
        var row = Rows.Single(row => row.Name == name);
        await using var rig = await StartAsync(row, later);
        var attempts = later ? 2 : 1;
        var id = await rig.SubmitAsync(Text, prompt => Asking(prompt, stream) with { MaxAttempts = attempts });
        _ = rig.Drain();

        var prompt = await EndAsync(rig, row, id, later);

        Assert.Equal((PromptStatus.Failed, attempts), (prompt.Status, prompt.Attempts));
        Assert.Contains(row.Error, prompt.Error, StringComparison.Ordinal);
        var partial = row.Tokens == 0 ? null : string.Concat(Simulation.TokensOf(Text).Take(row.Tokens));
        Assert.Equal(partial, (await rig.Store.WholeResultAsync(id))?.Text);
        Assert.Equal(later ? ["llama runner process has terminated: warming up", prompt.Error]
            : [prompt.Error], (await rig.Store.ListAttemptsAsync(id, default)).Select(attempt => attempt.Error));
    }

    [Theory]
    [MemberData(nameof(GotOver))]
    public async Task With_an_attempt_left_a_transient_one_is_got_over(string name, bool later, bool stream)
    {
        var row = Rows.Single(row => row.Name == name);
        await using var rig = await StartAsync(row, later);
        var id = await rig.SubmitAsync(Text, prompt => Asking(prompt, stream));
        _ = rig.Drain();

        var prompt = await EndAsync(rig, row, id, later);

        Assert.Equal((PromptStatus.Completed, later ? 3 : 2, null), (prompt.Status, prompt.Attempts, prompt.Error));
        Assert.Equal(Simulation.AnswerTo(Text), (await rig.Store.WholeResultAsync(id))!.Text);
    }

    private static TheoryData<string, bool, bool> Matrix(IEnumerable<Row> rows)
    {
        var matrix = new TheoryData<string, bool, bool>();
        foreach (var row in rows)
            foreach (var later in new[] { false, true })
                foreach (var stream in LongRuns.Of<bool[]>([!later], [false, true]))
                    matrix.Add(row.Name, later, stream);
        return matrix;
    }

    private static NewPrompt Asking(NewPrompt prompt, bool stream) =>
        prompt with { Request = stream ? "{\"stream\":true}"u8.ToArray() : "{\"stream\":false}"u8.ToArray() };

    private static async Task<WorkerRig> StartAsync(Row row, bool later)
    {
        // Only what hangs is to meet the first of these limits: the clock may be well past the second before a busy machine hears of it.
        var rig = await WorkerRig.StartAsync(
            WorkerRig.LongLease, ("OLLAMA_TIMEOUT", row.Name == "hang" ? "60" : "86400"), ("OLLAMA_IDLE_TIMEOUT", "20"));
        if (later)
            rig.Ollama.Faults.Enqueue(Fault.Status(500, "llama runner process has terminated: warming up"));
        rig.Ollama.Faults.Enqueue(row.Fault);
        return rig;
    }

    /// <summary>Past a time limit the clock must be moved; elsewhere it is only where the prompt waits for another attempt.</summary>
    private static async Task<Prompt> EndAsync(WorkerRig rig, Row row, Guid id, bool later)
    {
        if (row.Name is "hang" or "stall")
        {
            var attempt = later ? 2 : 1;
            var running = await Eventually.NotNull(async () =>
            {
                var prompt = await rig.FindAsync(id);
                if (prompt.Status == PromptStatus.Processing && prompt.Attempts == attempt)
                    return prompt;
                // Not while the attempt before it runs, which has the same limits.
                if (prompt.Status == PromptStatus.Queued)
                    rig.Time.Advance(TimeSpan.FromMilliseconds(100));
                return null;
            });
            var begun = string.Concat(Simulation.TokensOf(Text).Take(row.Tokens));
            await Eventually.True(() => (rig.Live.Find(running)?.ReadFrom(default).Text ?? "") == begun);
            await rig.PassAttemptAsync(id, TimeSpan.FromSeconds(1));
        }
        return await rig.WhenEndedAsync(id);
    }

    private static Row Transient(string name, int status, string error, string? message = null) =>
        new(name, Fault.Status(status, error), message ?? error.Trim()) { IsAnswer = true };

    private static Row Permanent(string name, int status, string error, string? message = null) =>
        Transient(name, status, error, message) with { IsPermanent = true };

    private static Row Line(string name, string error) => new(name, Fault.ErrorLine(3, error), error) { Tokens = 3 };

    private sealed record Row(string Name, Fault Fault, string Error)
    {
        public bool IsPermanent { get; init; }

        /// <summary>Whether Ollama answers with nothing but the error.</summary>
        public bool IsAnswer { get; init; }

        /// <summary>How many tokens come before it.</summary>
        public int Tokens { get; init; }
    }
}
