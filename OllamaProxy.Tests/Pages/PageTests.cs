using System.Collections.Concurrent;
using Microsoft.Playwright;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>
/// Each test has a proxy and an empty browser tab of its own, and fails too for what its pages do unasked: errors,
/// dialogs, cookies, and requests to another origin. They run on one host: <see cref="PagesOfBothHostsTests"/> has both serve the same.
/// </summary>
public abstract class PageTests : IAsyncLifetime
{
    protected const string Question = "What is the capital of France?";

    private readonly ConcurrentQueue<string> _complaints = [];
    private readonly List<string> _expected = [];
    private readonly List<IBrowserContext> _contexts = [];

    protected RunningProxy Proxy { get; private set; } = null!;

    protected IPage Page { get; private set; } = null!;

    /// <summary>What is between the browser and the proxy.</summary>
    private TcpRelay Network { get; set; } = null!;

    /// <summary>What the tab asked for so far, as "GET /list".</summary>
    protected ConcurrentQueue<string> Requests { get; } = [];

    public async Task InitializeAsync()
    {
        Proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        Network = new(Proxy.Client.BaseAddress!);
        Page = await NewPageAsync();
    }

    /// <summary>A tab of another browser, of which as much is asked.</summary>
    protected async Task<IPage> NewPageAsync()
    {
        var context = await Chromium.NewContextAsync(Network.Address);
        _contexts.Add(context);
        context.Request += (_, request) => Note(request.Method, new(request.Url));
        context.WebError += (_, error) => _complaints.Enqueue(error.Error);
        context.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _complaints.Enqueue($"{message.Text} ({message.Location})");
        };
        context.Dialog += async (_, dialog) =>
        {
            _complaints.Enqueue($"A dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
        return await context.NewPageAsync();
    }

    public async Task DisposeAsync()
    {
        var cookies = await Page.Context.CookiesAsync();
        foreach (var context in _contexts)
            await context.DisposeAsync();
        await Network.DisposeAsync();
        await Proxy.DisposeAsync();
        Assert.Empty(cookies);
        var unexpected = _complaints.Where(complaint => !_expected.Exists(complaint.Contains)).ToList();
        Assert.True(unexpected.Count == 0, string.Join('\n', unexpected));
    }

    /// <summary>Has the test pass although the browser complains in these words.</summary>
    protected void Expecting(string complaint) => _expected.Add(complaint);

    /// <summary>Cuts what is connected, and lets nothing connect until it is mended.</summary>
    protected async Task CutNetworkAsync()
    {
        Expecting("net::ERR_");
        await Network.CutAsync();
    }

    protected void MendNetwork() => Network.Mend();

    /// <summary>Stops the proxy and starts it again, as an update does.</summary>
    protected async Task RestartProxyAsync(params (string Name, string Value)[] settings)
    {
        Expecting("net::ERR_");
        await Proxy.RestartAsync(settings);
        Network.Target = Proxy.Client.BaseAddress!;
    }

    /// <summary>Has the proxy use another Ollama.</summary>
    internal Task UseAsync(RawOllama ollama) => RestartProxyAsync(("OLLAMA_URL", ollama.Url));

    /// <summary>Has the page believe that it is in the background, or is not any more.</summary>
    protected Task SetHiddenAsync(bool hidden) => Page.EvaluateAsync(
        """
        hidden => {
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event('visibilitychange'));
        }
        """, hidden);

    /// <summary>Submits "number 1", "number 2" and so on, and waits until the last one has ended.</summary>
    protected async Task SubmitNumbersAsync(int count)
    {
        var last = "";
        for (var number = 1; number <= count; number++)
            last = await Proxy.SubmitAsync(new { prompt = $"number {number}" });
        await Proxy.ResultAsync(last);
    }

    /// <summary>Where a prompt is typed.</summary>
    protected ILocator Field => ById("prompt");

    /// <summary>Queues a prompt by the form.</summary>
    protected async Task QueueAsync(string prompt)
    {
        await Field.FillAsync(prompt);
        await ById("submit").ClickAsync();
    }

    /// <summary>Shows a prompt with this result.</summary>
    protected async Task ShowAsync(string text)
    {
        await using var ollama = await RawOllama.StartAsync(answer => answer.SendAsync(RawOllama.Line(text, done: true)));
        await UseAsync(ollama);
        var id = await Proxy.SubmitAsync(new { prompt = Question });
        await Proxy.ResultAsync(id);
        await Page.GotoAsync($"/?id={id}");
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("result-title")).ToHaveTextAsync("Result");
    }

    protected ILocator ById(string id) => Page.Locator($"#{id}");

    protected async Task ExpectResultOfAsync(string prompt)
    {
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("result")).ToHaveTextAsync(Simulation.AnswerTo(prompt));
    }

    protected async Task ExpectNoSidewaysScrollingAsync(int width)
    {
        await Page.SetViewportSizeAsync(width, 700);
        Assert.Equal(width, await Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    private void Note(string method, Uri address)
    {
        Requests.Enqueue($"{method} {address.PathAndQuery}");
        if (address.Authority != Network.Address.Authority)
            _complaints.Enqueue($"A request to another origin: {address}");
    }
}
