using OllamaProxy.Configuration;
using OllamaProxy.Server;
using OllamaProxy.Server.Commands;
using OllamaProxy.Storage;

if (ServerCommands.IsCalled(args))
    return await ServerCommands.RunAsync(args);

var commandLine = CommandLine.Parse(args);
if (commandLine.Help || commandLine.Version)
{
    Console.WriteLine(commandLine.Help ? CommandLine.HelpText : $"Ollama Proxy {ServerApplication.Version}");
    return 0;
}
if (commandLine.Mistakes.Count > 0)
{
    foreach (var mistake in commandLine.Mistakes)
        await Console.Error.WriteLineAsync($"{mistake} --help lists the options.");
    return ServerCommands.Misused;
}

try
{
    await using var simulator = await Simulation.StartIfAskedAsync(commandLine);
    await using var app = ServerApplication.Create(commandLine.Settings, simulator?.BaseAddress);
    await ServerApplication.RunAsync(app);
    return 0;
}
catch (Exception exception) when (exception is InvalidSettingException or StoreException)
{
    // A user can correct these: the message suffices, without a stack trace.
    await Console.Error.WriteLineAsync(exception.Message);
    return ServerCommands.Failed;
}
